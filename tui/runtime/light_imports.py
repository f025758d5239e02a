"""Imports libraries without those of their parts that no command without a screen needs."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import cast


def import_msgspec() -> None:
    """Import msgspec without `typing_extensions`, which takes longer than the rest of msgspec.

    msgspec uses two of its functions, and those of `typing` where it is not installed. They are the same in each Python
    that rockproc-tui runs on. `typing_extensions` can still be imported afterwards.
    """
    modules = cast("dict[str, ModuleType | None]", sys.modules)
    if "typing_extensions" in modules:
        return
    modules["typing_extensions"] = None  # so that an import of it fails
    try:
        import msgspec as msgspec
    finally:
        del modules["typing_extensions"]
