"""What is slow leaves a record of each operation, what is fast of a part."""

from __future__ import annotations

from typing import Any

import pytest
from rockproc.observer.journals.reader import CellState
from rockproc.observer.journals.sampling import PER_TICK, SamplingControl
from rockproc.probe.layout import Op, What

KEY = 7


class Masks:
    """In the place of a journal: the masks that were set, by the number of the cell."""

    def __init__(self) -> None:
        self.set: dict[int, int] = {}

    def set_mask(self, index: int, mask: int) -> None:
        self.set[index] = mask


def cell(count: int, mask: int, key: int = KEY) -> CellState:
    return CellState(key, 1, count, 0, 0, 0, 0, 0, Op.NONE, What.CHANNEL, mask, 0)


def control() -> tuple[SamplingControl, Masks]:
    masks: Any = Masks()
    return SamplingControl(masks), masks


@pytest.mark.parametrize(
    ("growth", "mask"),
    [(0, 0), (PER_TICK, 0), (PER_TICK + 1, 1), (2 * PER_TICK + 1, 1), (4 * PER_TICK, 3), (100_000_000, 0xFFFF)],
)
def test_the_mask_fits_the_rate_of_one_object(growth: int, mask: int) -> None:
    sampling, masks = control()
    sampling.adjust([cell(1000, 0x1FFFF)])
    masks.set.clear()
    sampling.adjust([cell(1000 + growth, 0x1FFFF)])
    assert masks.set == {0: mask}


def test_busy_objects_share_the_budget() -> None:
    sampling, masks = control()
    sampling.adjust([cell(0, 3, key) for key in range(1, 5)])
    masks.set.clear()
    sampling.adjust([cell(PER_TICK, 1, key) for key in range(1, 5)])
    assert masks.set == dict.fromkeys(range(4), 3)


def test_a_mask_that_the_probe_has_not_raised_stays() -> None:
    sampling, masks = control()
    sampling.adjust([cell(0, 0)])
    sampling.adjust([cell(1_000_000, 0)])
    assert masks.set == {}


def test_a_mask_that_fits_is_not_set_again() -> None:
    sampling, masks = control()
    sampling.adjust([cell(4 * PER_TICK, 3)])
    assert masks.set == {}


def test_an_object_that_was_ever_sampled_is_known_for_good() -> None:
    sampling, _ = control()
    sampling.look([cell(5, 0, 1), cell(5, 1, 2)])
    sampling.look([cell(9, 0, 1), cell(9, 0, 2)])
    assert sampling.ever_sampled == {2}
