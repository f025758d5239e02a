"""The table of counts must be complete: a kind of object without an entry would silently lose its counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.observer.journals.reader import CellState
from rockproc.observer.model import Hold
from rockproc.observer.model.keys import ProcessKey
from rockproc.observer.trackers.ended import EndedTotals
from rockproc.observer.trackers.locks import LockCell
from rockproc.probe import layout
from rockproc.probe.layout import COUNTS, FIRST_COUNT, THIRD_COUNT, CellKind, Ended, Kind, Op

CELL_KINDS = {name: number for name, number in vars(CellKind).items() if name.isupper()}


def numbers_of(words: type) -> dict[str, int]:
    return {name: number for name, number in vars(words).items() if name.isupper()}


def cell(kind: int, first: int, second: int, third: int) -> CellState:
    return CellState(7, 1, first, second, third, 0, 0, 0, Op.NONE, kind, 0, 0)


def test_every_kind_of_object_declares_its_counts() -> None:
    assert set(COUNTS) == set(CELL_KINDS.values())


@pytest.mark.parametrize("kind", CELL_KINDS)
def test_each_count_has_a_name(kind: str) -> None:
    """Each counted operation must have a word with a name for this kind of object."""
    named = {number for name, number in vars(layout).items() if name.startswith(f"{kind}_") and isinstance(number, int)}
    counts = set(range(FIRST_COUNT, THIRD_COUNT + 1))
    assert set(COUNTS[CELL_KINDS[kind]].operations) <= named & counts
    assert named <= {*counts, layout.BYTES_WORD}


def test_the_fields_of_a_cell_are_its_words() -> None:
    words = CellState._make(range(layout.WORDS))
    assert [words.key, words.thread, words.first, words.second, words.third, words.bytes] == [0, 1, 2, 3, 4, 5]
    names = ("SINCE", "SITE", "OP", "MASK", "NUMBER")
    assert all(getattr(words, name.lower()) == getattr(layout, f"{name}_WORD") for name in names)
    assert words.kind == layout.CELL_KIND_WORD


@pytest.mark.parametrize(
    "words", [Kind, Op, CellKind, layout.Opened, layout.Closed, Ended], ids=lambda words: words.__name__
)
def test_numbers_are_unique(words: type) -> None:
    numbers = numbers_of(words)
    assert len(set(numbers.values())) == len(numbers)


@pytest.mark.parametrize("kind", [kind for kind, number in CELL_KINDS.items() if COUNTS[number].ended != Ended.NOTHING])
def test_counts_of_ended_processes_are_kept(kind: str) -> None:
    totals = EndedTotals()
    place = Hold(ProcessKey(3), 1, 0.0, None)
    for counts in ((5, 7, 9), (1, 1, 1)):
        totals.absorb([LockCell(False, cell(CELL_KINDS[kind], *counts), place)])
    kept = [*totals.cells(CELL_KINDS[kind])] if COUNTS[CELL_KINDS[kind]].ended == Ended.SUM else []
    kept += [cell for _, cell in totals.values] + [lock.cell for lock in totals.locks]
    assert [tuple(item[FIRST_COUNT : THIRD_COUNT + 1]) for item in kept] == [(6, 8, 10)]


def test_a_lock_that_an_ended_process_holds_is_kept_as_it_is() -> None:
    """The lock must be found with its process and line: no other process can release it."""
    totals = EndedTotals()
    free, held = Hold(ProcessKey(3), 1, 0.0, None), Hold(ProcessKey(4), 1, 1.0, None)
    totals.absorb(
        [LockCell(False, cell(CellKind.LOCK, 2, 0, 2), free), LockCell(False, cell(CellKind.LOCK, 3, 0, 2), held)]
    )
    assert [(lock.place.process, lock.cell.first, lock.cell.third) for lock in totals.locks] == [(3, 2, 2), (4, 3, 2)]


def test_words_are_named_in_the_probe() -> None:
    """A number in place of a word's name would stay unnoticed when the words change."""
    probe = Path(layout.__file__).parent
    wrong = [
        path.name for path in probe.rglob("*.py") if any(f"view[{word}]" in path.read_text() for word in range(12))
    ]
    assert wrong == []
