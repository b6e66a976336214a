"""The chapter `parameters-versus-outputs`: its theorems, and answers that readers give."""

from typing import Any

RIGHT: dict[str, list[Any]] = {}
WRONG: dict[str, list[tuple[Any, str]]] = {}
ORDERS: dict[str, int] = {}
