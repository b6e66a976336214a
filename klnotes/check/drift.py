"""The tasks of the chapter `drift`."""

__all__: list[str] = []
