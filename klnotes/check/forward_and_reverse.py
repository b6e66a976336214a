"""The tasks of the chapter `forward-and-reverse`."""

__all__: list[str] = []
