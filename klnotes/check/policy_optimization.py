"""The tasks of the chapter `policy-optimization`."""

__all__: list[str] = []
