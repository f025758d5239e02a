from __future__ import annotations

import pytest
from msgspec.structs import replace
from rockproc.observer.model import SharedValue, Site
from rockproc.observer.model.keys import ValueKey
from rockproc.widgets.bases.view import View
from rockproc.widgets.panels.value_changes import ValueChanges, line

from tests.fakes import ONE, SCRIPT, TWO, snapshot

COUNTER = SharedValue(ValueKey(1), "Value", "counter", "int", value=1, changed=1.0, writes=1, writer=ONE, written=1.0)
GRID = SharedValue(
    ValueKey(2), "Array", "grid", "int[3]", value=[1, 2, 3], changed=1.0, writes=3, writer=ONE, written=1.0
)


def view(now: float, *values: SharedValue) -> View:
    return View.of(snapshot(now, values=values))


def test_a_change_tells_who_wrote_what_and_where() -> None:
    changes = ValueChanges()
    changes.read(view(1.0, COUNTER))
    site = Site(SCRIPT, 17)
    after = replace(COUNTER, value=2, changed=2.1, writes=4, writer=TWO, written=2.0, written_site=site)
    shown = view(2.2, after)
    changes.read(shown)
    (change,) = changes.of(ValueKey(1), 2.2)
    assert (change.at, change.before, change.after, change.process, change.skipped) == (2.0, 1, 2, TWO, 2)
    text = "".join(text for text, _ in line(change, after, shown, 80))
    assert "worker-2" in text
    assert "counter 1 → 2" in text
    assert "+2 writes" in text
    assert text.endswith(":17")


def test_of_a_long_array_the_number_of_changed_elements_is_shown() -> None:
    changes = ValueChanges()
    row = replace(GRID, value=[0] * 20)
    changes.read(view(1.0, row))
    after = replace(row, value=[0, *[1] * 5, *[0] * 14], changed=2.0, writes=8, written=2.0)
    changes.read(shown := view(2.1, after))
    (change,) = changes.of(ValueKey(2), 2.2)
    assert "grid 5 elements changed" in "".join(text for text, _ in line(change, after, shown, 80))


@pytest.mark.parametrize(("changed", "text"), [(3, "grid ≥ 3 elements changed"), (0, "grid beyond [19] changed")])
def test_of_a_very_long_array_only_the_first_elements_are_known(changed: int, text: str) -> None:
    changes = ValueChanges()
    row = replace(GRID, value=[0] * 20, length=5000)
    changes.read(view(1.0, row))
    after = replace(row, value=[*[1] * changed, *[0] * (20 - changed)], changed=2.0, writes=8, written=2.0)
    changes.read(shown := view(2.1, after))
    (change,) = changes.of(ValueKey(2), 2.2)
    assert text in "".join(text for text, _ in line(change, after, shown, 80))


def test_the_writer_is_unknown_where_no_write_was_counted() -> None:
    changes = ValueChanges()
    changes.read(view(1.0, replace(COUNTER, writes=None)))
    changes.read(view(2.0, replace(COUNTER, writes=None, value=9, changed=2.0)))
    assert changes.of(ValueKey(1), 2.0)[0].process is None


def test_only_the_element_that_was_written_is_fresh() -> None:
    changes = ValueChanges()
    changes.read(view(1.0, GRID))
    changes.read(view(2.0, replace(GRID, value=[1, 9, 3], changed=2.0, writes=4, written=2.0)))
    assert changes.fresh_index(ValueKey(2), 2.1, 0.4) == 1
    assert changes.fresh_index(ValueKey(2), 3.0, 0.4) is None
    change = changes.of(ValueKey(2), 2.0)[0]
    assert (change.index, change.before, change.after) == (1, 2, 9)


def test_an_earlier_moment_shows_earlier_changes_only() -> None:
    changes = ValueChanges()
    for second in range(1, 6):
        changes.read(view(float(second), replace(COUNTER, value=second, changed=float(second), writes=second)))
    assert [change.after for change in changes.of(ValueKey(1), 3.0)] == [3, 2]
    changes.read(view(2.0, replace(COUNTER, value=2, changed=2.0)))
    assert len(changes.of(ValueKey(1), 5.0)) == 4


def test_the_series_covers_the_whole_time() -> None:
    changes = ValueChanges()
    for step in range(5_000):
        changes.read(view(step / 10, replace(COUNTER, value=step, changed=step / 10)))
    series = changes.series(ValueKey(1), 20)
    assert len(series) == 20
    assert series[0] < 500
    assert series[-1] > 4_000
