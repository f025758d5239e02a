"""A line of source at which something was done."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Site(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A line of source."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{Path(self.path).name}:{self.line}"
