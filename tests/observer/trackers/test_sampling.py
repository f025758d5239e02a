"""The share of operations that leave records must follow the rate of operations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rockproc.observer.journals.reader import Journal
from rockproc.observer.journals.sampling import RECORDS_PER_POLL, SamplingControl
from rockproc.probe.layout import CellKind

from tests.observer.journals import Invented, Written


@dataclass
class Sampled:
    written: Written
    journal: Journal
    control: SamplingControl

    def grow(self, *counts: int, masks: tuple[int, ...] = (0, 0)) -> list[int]:
        """Set the counts of the cells, and return the masks after the next poll."""
        for index, (count, mask) in enumerate(zip(counts, masks, strict=False)):
            self.written.cell(index, 10 + index, CellKind.CHANNEL, third=count, mask=mask)
        cells = self.journal.cells()
        self.control.look(cells)
        self.control.adjust(cells)
        return [cell.mask for cell in self.journal.cells()]


@pytest.fixture
def sampled(tmp_path: Path) -> Iterator[Sampled]:
    written = Invented(tmp_path).process(100)
    journal = Journal(written.path)
    yield Sampled(written, journal, SamplingControl(journal))
    journal.close()
    written.close()


def test_a_fast_loop_leaves_one_record_in_so_many(sampled: Sampled) -> None:
    """The observer must set the mask so that no more than the wanted number of records are left per poll."""
    sampled.grow(0, masks=(1,))
    (mask,) = sampled.grow(1000, masks=(1,))
    assert 1000 // (mask + 1) <= RECORDS_PER_POLL < 1000 // (mask // 2 + 1)


def test_a_loop_that_slows_down_is_fully_recorded_again(sampled: Sampled) -> None:
    sampled.grow(1000, masks=(0xFFFF,))
    assert sampled.grow(1003, masks=(0xFFFF,)) == [0]


def test_two_fast_loops_share_the_record_limit(sampled: Sampled) -> None:
    sampled.grow(0, 0, masks=(1, 1))
    alone = sampled.grow(1000, 0, masks=(1, 1))[0]
    both = sampled.grow(2000, 1000, masks=(1, 1))
    assert both[0] == both[1] == alone * 2 + 1


def test_a_slow_loop_is_not_sampled(sampled: Sampled) -> None:
    sampled.grow(0, 0)
    assert sampled.grow(1000, 5) == [0, 0]


def test_objects_without_all_their_records_are_remembered(sampled: Sampled) -> None:
    sampled.grow(10, 10, masks=(3, 0))
    sampled.grow(11, 11, masks=(0, 0))
    assert sampled.control.ever_sampled == {10}


def test_each_of_many_busy_objects_may_leave_some_records(sampled: Sampled) -> None:
    many = 3 * RECORDS_PER_POLL
    assert sampled.grow(*[2] * many, masks=(1,) * many) == [0] * many
