"""Recordings as other programs read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..recording.replay import Replay
from . import csv_table, json_document, perfetto

Export = Callable[[Replay], Iterator[str]]

EXPORTS: dict[str, Export] = {"perfetto": perfetto.write, "json": json_document.write, "csv": csv_table.write}
BEGINS = {"perfetto": b"{", "json": b"{", "csv": b",".join(name.encode() for name in csv_table.COLUMNS)}
"""The first bytes of each, by which one is told from a file of another kind."""
