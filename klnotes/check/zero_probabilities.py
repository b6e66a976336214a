"""The tasks of the chapter `zero-probabilities`."""

__all__: list[str] = []
