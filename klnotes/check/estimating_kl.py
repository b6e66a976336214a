"""The tasks of the chapter `estimating-kl`."""

__all__: list[str] = []
