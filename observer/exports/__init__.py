"""Recordings as other programs read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..recording.replay import Replay
from ..report.data import report
from ..report.judgement import Ending, judge
from . import csv_table, github, json_document, junit, perfetto, sarif
from .checked import Checked

Export = Callable[[Replay], Iterator[str]]


def _of_findings(write: Callable[[Sequence[Checked]], str]) -> Export:
    """Return an export of the findings of a recording."""

    def export(replay: Replay) -> Iterator[str]:
        made = report(replay)
        yield write([Checked(made, judge(made, Ending.BY_ITSELF, recorded=True))])

    return export


EXPORTS: dict[str, Export] = {
    "perfetto": perfetto.write,
    "json": json_document.write,
    "csv": csv_table.write,
    "sarif": _of_findings(sarif.write),
    "junit": _of_findings(junit.write),
    "github": _of_findings(github.write),
}
BEGINS = {
    "perfetto": b"{",
    "json": b"{",
    "csv": b",".join(name.encode() for name in csv_table.COLUMNS),
    "sarif": b"{",
    "junit": b"<?xml",
    "github": b"::",
}
"""The first bytes of a file of each format, by which a file of another kind is recognised."""
