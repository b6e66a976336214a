"""The tasks of the chapter `parameters-versus-outputs`."""

__all__: list[str] = []
