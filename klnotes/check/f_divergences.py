"""The tasks of the chapter `f-divergences`."""

__all__: list[str] = []
