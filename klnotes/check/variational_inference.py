"""The tasks of the chapter `variational-inference`."""

__all__: list[str] = []
