"""The tasks of the chapter `not-a-distance`."""

__all__: list[str] = []
