"""The tasks of the chapter `distillation`."""

__all__: list[str] = []
