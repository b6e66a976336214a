"""The tasks of the chapter `gaussians`."""

__all__: list[str] = []
