"""The plan of the Lab's layout: which panels are shown, and where. It depends on sizes and needs only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from textual.geometry import Region, Size

BORDER_ROWS = 2
MIN_ROWS = 4
"""The height of a panel that shows two rows."""
MIN_FILL_ROWS = 8
"""The height from which on a filler is worth its place."""
OUTPUT_STEP_ROWS = 4
"""The output grows by so many rows at a time: the panels below it shall not move at every line."""
LANES_COLUMNS = 120
"""The width from which on the lanes of the timeline are part of the list of processes."""

THREE_COLUMNS = 180
"""The width from which on there are three columns below the list of processes: longer lines are mostly blank."""

TOP, OUTPUT = "processes", "output"
LEFT = ("messages", "shared", "locks", "pools")
"""The panels that share the left column while they have content. The later ones are left out first."""
FILLERS = ("source", "lesson", "experiments")
"""The panels that take the space that nothing else needs."""


class Shares(NamedTuple):
    """The shares into which the space is divided, in percent."""

    left: int = 50
    """The share of the width for the panels beside the output."""
    top: int = 50
    """The largest share of the height for the list of processes."""


LAYOUTS = {
    "balanced": Shares(),
    "wide output": Shares(left=35),
    "wide panels": Shares(left=65),
    "many processes": Shares(top=80),
}
"""The layouts that the user can choose, by name."""
LEFT_PERCENTS = range(25, 76, 5)
"""The shares of the left column that the user can choose."""


class Need(NamedTuple):
    """The size that a panel asks for."""

    rows: int
    """The rows that show everything, without the border."""
    content: bool
    """True if there is anything to show."""


@dataclass
class Plan:
    regions: dict[str, Region] = field(default_factory=dict[str, Region])
    """The place of each panel that is shown, by name."""
    left_out: list[str] = field(default_factory=list[str])
    """The panels that have content and no place."""


def enlarged_plan(size: Size, name: str) -> Plan:
    """One panel has all the space."""
    return Plan({name: Region(0, 0, size.width, size.height)})


def small_plan(size: Size, needs: Mapping[str, Need], second: str, *, opened: bool = False) -> Plan:
    """The processes, a line of tabs, and a second panel, which has all the space when it is opened and needs that."""
    width, height = size
    top = max(min(needs[TOP].rows + 1, height // 2), min(5, height // 2), 1)
    rest = max(height - top - 1, 0)
    if opened and needs[second].rows + 1 > rest:
        return enlarged_plan(size, second)
    return Plan(
        {
            TOP: Region(0, 0, width, top),
            "tabs": Region(0, top, width, 1),
            second: Region(0, top + 1, width, rest),
        }
    )


def large_plan(
    size: Size,
    needs: Mapping[str, Need],
    opened: str | None,
    candidates: Sequence[str] = LEFT,
    shares: Shares = LAYOUTS["balanced"],
) -> Plan:
    """The processes above; below them the panels with content at the left, the output at the right.

    What is opened on demand has a place below the output. The fillers take the space that is left: of a very wide
    terminal a third column.

    Args:
        size: The size of all of it.
        needs: The needs of the panels, by name.
        opened: The name of the panel that was opened on demand.
        candidates: The panels for the left column.
        shares: How the space is divided.
    """
    width, height = size
    plan = Plan()
    top = max(min(needs[TOP].rows + BORDER_ROWS, height * shares.top // 100), min(MIN_ROWS + 1, height))
    plan.regions[TOP] = Region(0, 0, width, top)
    rest = height - top
    names = [name for name in candidates if needs[name].content and name != opened]
    fillers = [name for name in FILLERS if needs[name].content and name != opened]
    third = width >= THREE_COLUMNS and len(fillers) > (not names)
    heights = shared_rows(rest, [needs[name].rows + BORDER_ROWS for name in names])
    plan.left_out = names[len(heights) :]
    names = names[: len(heights)]
    left_width = width * shares.left // (150 if third else 100) if names or fillers else 0
    spare = rest - sum(heights)
    # The third column is for the longest filler.
    if len(fillers) > third and spare >= MIN_FILL_ROWS:
        names.append(fillers.pop(1 if third and names else 0))
        heights.append(spare)
    elif heights:
        heights[names.index("messages") if "messages" in names else -1] += spare
    _stack(plan, names, heights, 0, left_width, top)
    right_width = (width - left_width) // 2 if third else 0
    if third:
        column = _column(rest, needs, fillers)
        _stack(plan, list(column), list(column.values()), width - right_width, right_width, top)
        fillers = []
    right = _output_column(rest, needs, opened, fillers)
    _stack(plan, list(right), list(right.values()), left_width, width - left_width - right_width, top)
    return plan


def _column(rest: int, needs: Mapping[str, Need], names: Sequence[str]) -> dict[str, int]:
    """Fillers below each other: the first one has what the others do not need."""
    column: dict[str, int] = {}
    for name in names[1:]:
        wanted = needs[name].rows + BORDER_ROWS
        if rest - sum(column.values()) - wanted >= MIN_FILL_ROWS:
            column[name] = wanted
    return {names[0]: rest - sum(column.values()), **column}


def _output_column(rest: int, needs: Mapping[str, Need], opened: str | None, fillers: Sequence[str]) -> dict[str, int]:
    """The output, and below it what was opened or the fillers for which there is room."""
    if opened == OUTPUT:
        return {OUTPUT: rest}
    output = _output_rows(rest, needs, opened)
    if opened is not None:
        return {OUTPUT: output, opened: rest - output}
    column: dict[str, int] = {}
    spare = rest - output
    for name in fillers:
        wanted = needs[name].rows + BORDER_ROWS
        if spare >= MIN_FILL_ROWS:
            column[name] = min(wanted, spare)
            spare -= column[name]
    return {OUTPUT: output + spare, **column}


def _output_rows(rest: int, needs: Mapping[str, Need], opened: str | None) -> int:
    """The height of the output when something may be below it."""
    if opened is not None:
        wanted = max(needs[opened].rows + BORDER_ROWS, MIN_ROWS + 2)
        return rest - min(wanted, max(rest - MIN_ROWS, 0))
    wanted = needs[OUTPUT].rows + BORDER_ROWS
    stepped = -(-wanted // OUTPUT_STEP_ROWS) * OUTPUT_STEP_ROWS
    return min(max(stepped, rest // 3), rest)


def _stack(plan: Plan, names: Sequence[str], heights: Sequence[int], x: int, width: int, top: int) -> None:
    for name, rows in zip(names, heights, strict=True):
        plan.regions[name] = Region(x, top, width, rows)
        top += rows


def shared_rows(available: int, wanted: Sequence[int]) -> list[int]:
    """Shares rows among panels. Those at the end for which no row is left are not in the result.

    Each gets a minimum; then those that want more grow together, the lowest one first.
    """
    heights = [min(rows, MIN_ROWS) for rows in wanted]
    while sum(heights) > available:
        heights.pop()
    rest = available - sum(heights)
    while rest > 0:
        growing = [index for index, rows in enumerate(heights) if rows < wanted[index]]
        if not growing:
            break
        heights[min(growing, key=lambda index: heights[index])] += 1
        rest -= 1
    return heights
