"""The tasks of the chapter `wasserstein`."""

__all__: list[str] = []
