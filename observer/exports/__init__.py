"""Recordings as other programs read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..recording.replay import Replay
from . import perfetto, table, tree

Export = Callable[[Replay], Iterator[str]]

FORMATS: dict[str, Export] = {"perfetto": perfetto.write, "json": tree.write, "csv": table.write}
BEGINS = {"perfetto": b"{", "json": b"{", "csv": b",".join(name.encode() for name in table.COLUMNS)}
"""The first bytes of each, by which one is told from a file of another kind."""
