"""The newest changes must be below their values, as far as there is room."""

import pytest
from rockproc.observer.model.keys import ValueKey
from rockproc.widgets.panels.shared_values import shared_room

FIRST, SECOND, THIRD = map(ValueKey, (1, 2, 3))
COUNTS = {FIRST: 4, SECOND: 1, THIRD: 9}


@pytest.mark.parametrize(
    ("chosen", "room", "shown"),
    [
        (FIRST, 3, {FIRST: 3, SECOND: 0, THIRD: 0}),
        (FIRST, 6, {FIRST: 4, SECOND: 1, THIRD: 1}),
        (SECOND, 4, {FIRST: 2, SECOND: 1, THIRD: 1}),
        (None, 2, {FIRST: 1, SECOND: 1, THIRD: 0}),
        (THIRD, 40, COUNTS),
        (THIRD, -2, {FIRST: 0, SECOND: 0, THIRD: 0}),
    ],
)
def test_the_chosen_value_comes_first_and_the_others_in_turn(
    chosen: ValueKey | None, room: int, shown: dict[ValueKey, int]
) -> None:
    assert shared_room(chosen, COUNTS, room) == shown
