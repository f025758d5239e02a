"""The meaning of every glyph of the lanes and of the list of processes."""

from __future__ import annotations

from ..bases.lane_chart import BOOTSTRAP, DEAD_WAIT, ENDED, FAILED, GLYPHS, HOLD, INTERVENTION, RECEIVES, SENDS, SIGNAL
from ..bases.rows import Row, column
from ..bases.searchable_panel import SearchablePanel
from ..bases.view import SEVERITY_GLYPHS, View
from ..formatting.lane import LaneState
from ..formatting.sanitize import wrap

_GLYPH_CELLS = 3
"""The cells of a glyph and the space behind it."""
_COMPACT_CELLS = 30
"""The cells of an entry where two stand in one row."""
_MEANINGS: tuple[tuple[tuple[str, str], str, str], ...] = (
    (BOOTSTRAP, "starts", ": Python prepares the process, run() has not begun"),
    (GLYPHS[LaneState.RUNS], "runs", ": it computes, or is in a call that is not observed"),
    (GLYPHS[LaneState.SLEEPS], "sleeps", ", as in time.sleep()"),
    (GLYPHS[LaneState.WAITS], "waits", " in an operation of multiprocessing, for what is named"),
    (DEAD_WAIT, "waits forever", ": no process can end this wait"),
    ((HOLD, "accent"), "holds the lock named above", " the lane"),
    (SENDS, "puts or sends", " a message"),
    (RECEIVES, "gets or receives", " a message"),
    (GLYPHS[LaneState.STOPPED], "is frozen", " by SIGSTOP, until SIGCONT"),
    (GLYPHS[LaneState.ZOMBIE], "zombie", ": it has ended, and no process has joined it"),
    (SIGNAL, "gets a signal", ""),
    (ENDED, "has ended", " with exit code 0"),
    (FAILED, "was killed, or has failed", ""),
    (INTERVENTION, "you have intervened", ", on the ruler"),
    (SEVERITY_GLYPHS["warning"], "a warning appeared", ", on the ruler; ✖ an error"),
)
"""Each glyph, its meaning, and the rest of the sentence, for which there is not always room."""


class Legend(SearchablePanel):
    HELP = "The meaning of every glyph of the lanes."
    BINDING_GROUP_TITLE = "Legend"
    NAME = "legend"
    TITLE = "Legend"
    DRAWER = True

    def preferred_rows(self, view: View, columns: int) -> int:  # noqa: ARG002
        return len(_compact(columns))

    def most_rows(self, view: View, columns: int) -> int:  # noqa: ARG002
        return len(_full(columns))

    def rows(self, view: View) -> list[Row]:  # noqa: ARG002
        full = _full(self.columns)
        return full if len(full) <= self.list_height else _compact(self.columns)

    def copied(self) -> str:
        return "\n".join(f"{glyph} {meaning}{more}" for (glyph, _), meaning, more in _MEANINGS)


def _full(columns: int) -> list[Row]:
    """Return the rows of whole sentences."""
    rows: list[Row] = []
    for number, (glyph, meaning, more) in enumerate(_MEANINGS):
        for index, line in enumerate(wrap(meaning + more, max(columns - _GLYPH_CELLS, 10))):
            head = (glyph, (" " * (_GLYPH_CELLS - 1), "")) if index == 0 else ((" " * _GLYPH_CELLS, ""),)
            rows.append(Row((number, index), (*head, (line, "")), index == 0))
    return rows


def _compact(columns: int) -> list[Row]:
    """Return rows of as many short entries as find room."""
    count = max(columns // _COMPACT_CELLS, 1)
    entries = [
        (glyph, column("", _GLYPH_CELLS - 1), column(meaning, _COMPACT_CELLS - _GLYPH_CELLS))
        for glyph, meaning, _ in _MEANINGS
    ]
    return [
        Row((index, "compact"), tuple(cell for entry in entries[index : index + count] for cell in entry))
        for index in range(0, len(entries), count)
    ]
