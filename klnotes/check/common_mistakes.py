"""The tasks of the chapter `common-mistakes`."""

__all__: list[str] = []
