"""The plan of the Lab's layout: which panels are shown, and where. It depends on sizes and needs only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
from textual.geometry import Region, Size

from .lab_columns import BORDER_ROWS, MIN_ROWS, STEP_ROWS, Column, Needs, fill, shared_rows

MIN_OUTPUT_ROWS = 8
LANES_COLUMNS = 120
"""The smallest width at which the list of processes contains the lanes of the timeline."""

THREE_COLUMNS = 190
"""The smallest width with a third column beside the output and two below it. Most lines are short."""
LEFT_OF_THREE_PERCENT = 60
"""The percentage of its share that the left column keeps beside a third one. The output keeps half of the width."""

TALL = 50
"""The smallest height of the terminal at which a separate line describes each process."""

TOP, OUTPUT = "processes", "output"
LEFT = ("messages", "shared", "locks", "pools")
"""The panels that share the left column while they have content. The later ones are left out first."""
FILLERS = ("source", "lesson", "words", "findings", "steps", "handle", "history", "legend")
"""The panels that take the space that nothing else needs, the most useful first. The first one stands at the left."""
BESIDE_OUTPUT = "history"
"""The filler that stands below the output in a very wide terminal: both are in the order of their times."""
HISTORY_ROWS = range(6, 13)
"""The height that the history gets before the fillers that are placed after it: it can be scrolled."""


class Shares(NamedTuple):
    """The shares into which the space is divided, in percent."""

    left: int | None = None
    """The share of the width for the panels beside the output; None for half of it."""
    top: int = 50
    """The largest share of the height for the list of processes."""
    third: int = 28
    """The share of the third column in the rest of the width."""


LAYOUTS = {
    "balanced": Shares(),
    "wide output": Shares(left=35),
    "wide panels": Shares(left=65),
    "many processes": Shares(top=80),
}
"""The layouts that the user can choose, by name."""
MAX_CHOSEN_TOP_PERCENT = 80
"""The largest share of the height that the user can give to the list of processes."""
THIRD_PERCENTS = range(15, 81)
LEFT_PERCENTS = range(25, 76, 5)
"""The shares of the left column that the user can choose."""
MIN_BELOW_COLUMNS = 40
"""The smallest width of each of two columns below the output."""
LEFT_PERCENT = 50
"""The share of the left column while the user has chosen none: the output has half of the width."""


class Plan(msgspec.Struct):
    regions: dict[str, Region] = msgspec.field(default_factory=dict[str, Region])
    """The place of each panel that is shown, by name."""
    left_out: list[str] = msgspec.field(default_factory=list[str])
    """The panels that have content and no place."""
    left_percent: int = 0
    """The share of the left column."""


def enlarged_plan(size: Size, name: str) -> Plan:
    """Return the layout in which one panel has all the space."""
    return Plan({name: Region(0, 0, size.width, size.height)})


def small_plan(size: Size, needs: Needs, second: str, *, opened: bool = False) -> Plan:
    """Return the layout for a small terminal: the processes, a line of tabs, and a second panel.

    The second panel has all the space if it was opened and needs that.
    """
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
    needs: Needs,
    opened: str | None,
    candidates: Sequence[str] = LEFT,
    shares: Shares = LAYOUTS["balanced"],
) -> Plan:
    """Return the layout with the processes above; below them, panels with content at the left, the output at the right.

    What is opened on demand has a place below the output. The fillers take the space that is left. A very wide terminal
    has a third column for them, and two columns below the output.

    Args:
        size: The size of all of it.
        needs: The needs of the panels, by name.
        opened: The name of the panel that was opened on demand.
        candidates: The panels for the left column.
        shares: How the space is divided.
    """
    names = [name for name in candidates if needs[name].content and name != opened]
    fillers = [name for name in FILLERS if needs[name].content and name != opened]
    top = _top_rows(size.height, needs, names, opened, shares)
    left, right, third = _columns(size, size.height - top, shares, three=len(fillers) > 1)
    right.panels = _output_column(right.height, needs, opened)
    left_out = _place(names, left, right, needs, opened)
    fill([left], needs, fillers[:1])
    below = [] if opened is not None else _columns_below(right)
    _fill_the_rest(left, third, below, needs, [name for name in fillers if name not in left.panels])
    _give_blank_rows(right, below, needs)
    for column in (left, third, *below):
        column.settle(needs)
    below = [column for column in below if column.panels]
    _give_rows_to_output(right, below, needs, opened)
    left.stretch("messages")
    for column in (third, *below):
        column.stretch()
    return _placed(size, top, (left, right, third), below, shares, left_out)


def _top_rows(height: int, needs: Needs, names: Sequence[str], opened: str | None, shares: Shares) -> int:
    """Return the height of the list of processes. It gets rows of fillers if it can then show all processes."""
    chosen, wanted = needs[TOP].chosen, needs[TOP].rows + BORDER_ROWS
    most = height * (MAX_CHOSEN_TOP_PERCENT if chosen else shares.top) // 100
    if not chosen and opened is None:
        at_the_left = sum(needs[name].rows + BORDER_ROWS for name in names)
        spare = height - max(at_the_left, needs[OUTPUT].rows + BORDER_ROWS, MIN_OUTPUT_ROWS)
        most = max(most, spare) if wanted <= spare else most
    return max(min(wanted, most), min(MIN_ROWS + 1, height))


def _columns(size: Size, height: int, shares: Shares, *, three: bool) -> tuple[Column, Column, Column]:
    """Return the columns at the left and the right, and a third one, which has no width in most terminals."""
    three = three and size.width >= THREE_COLUMNS
    percent = (shares.left or LEFT_PERCENT) * (LEFT_OF_THREE_PERCENT if three else 100)
    left = size.width * percent // 10_000
    third = (size.width - left) * shares.third // 100 if three else 0
    return Column(left, height), Column(size.width - left - third, height), Column(third, height if three else 0)


def _columns_below(right: Column) -> list[Column]:
    """Return the columns below the output: two if it is wide."""
    if right.width < 2 * MIN_BELOW_COLUMNS:
        return [Column(right.width, right.free)]
    half = right.width // 2
    return [Column(half, right.free), Column(right.width - half, right.free)]


def _place(names: list[str], left: Column, right: Column, needs: Needs, opened: str | None) -> list[str]:
    """Place panels with content at the left, and those that would be cut there below the output if that has room.

    Returns the names of those that have no place.
    """
    wanted = {name: left.wanted(name, needs) for name in names}
    while opened is None and len(names) > 1 and sum(wanted[name] for name in names) > left.height:
        moved = names[-1]
        if wanted[moved] > right.free:
            break
        right.panels[moved] = wanted[moved]
        names = names[:-1]
    heights = shared_rows(left.height, [wanted[name] for name in names])
    left.panels.update(zip(names, heights, strict=False))
    return names[len(heights) :]


def _fill_the_rest(left: Column, third: Column, below: Sequence[Column], needs: Needs, fillers: Sequence[str]) -> None:
    """Place the fillers: in the third column, below the output and, as far as there is room, at the left."""
    first = below[0] if len(below) > 1 and BESIDE_OUTPUT in fillers and below[0].free >= HISTORY_ROWS[0] else None
    if first is not None:
        fillers = [name for name in fillers if name != BESIDE_OUTPUT]
        first.panels[BESIDE_OUTPUT] = min(first.asked(BESIDE_OUTPUT, needs), first.free, HISTORY_ROWS[-1])
    fill([*([third] if third.width else []), *below, left], needs, fillers)


def _give_blank_rows(right: Column, below: Sequence[Column], needs: Needs) -> None:
    """Give rows that the output keeps for its next lines to panels below it that are cut."""
    blank = right.panels[OUTPUT] - max(needs[OUTPUT].rows + BORDER_ROWS, MIN_ROWS)
    missing = max((column.missing(needs) for column in below if column.panels), default=0)
    more = 0 if needs[OUTPUT].chosen else min(missing, blank)
    if more > 0:
        right.panels[OUTPUT] -= more
        for column in below:
            column.height += more


def _give_rows_to_output(right: Column, below: Sequence[Column], needs: Needs, opened: str | None) -> None:
    """Give the rows that no panel below the output needs to the output, unless the user has chosen its height."""
    if not below:
        right.stretch(OUTPUT if opened is None and not needs[OUTPUT].chosen else "")
    elif not needs[OUTPUT].chosen:
        spare = min(column.free for column in below)
        right.panels[OUTPUT] += spare
        for column in below:
            column.height -= spare


def _placed(
    size: Size,
    top: int,
    columns: tuple[Column, Column, Column],
    below: Sequence[Column],
    shares: Shares,
    left_out: list[str],
) -> Plan:
    """Return the plan in which the columns have their places. One without panels leaves its width to the output."""
    left, right, third = columns
    plan = Plan({TOP: Region(0, 0, size.width, top)}, left_out, shares.left or LEFT_PERCENT)
    begin = left.width if left.panels else 0
    end = size.width - (third.width if third.panels else 0)
    _stack(plan, left, 0, begin, top)
    _stack(plan, right, begin, end - begin, top)
    _stack(plan, third, end, size.width - end, top)
    under, middle = top + sum(right.panels.values()), begin + (end - begin) // 2 if len(below) > 1 else end
    for column, place, stop in zip(below, (begin, middle), (middle, end), strict=False):
        _stack(plan, column, place, stop - place, under)
    return plan


class Edge(msgspec.Struct, frozen=True):
    """An edge of a panel that can be dragged with the mouse."""

    name: str
    """The panel that changes its size."""
    vertical: bool
    """True for the line at the left of a panel; False for the rule above one, which ends the panel above it."""


def edge_at(regions: Mapping[str, Region], x: int, y: int) -> Edge | None:
    """Return the edge at a place of the area, if there is one."""
    for name, region in regions.items():
        if not region.contains(x, y):
            continue
        if x == region.x > 0:
            return Edge(name, vertical=True)
        if y == region.y > 0:
            above = (other for other, place in regions.items() if place.bottom == y and place.x <= x < place.right)
            return next((Edge(other, vertical=False) for other in above), None)
    return None


def dragged_shares(shares: Shares, plan: Plan, size: Size, edge: Edge, x: int) -> Shares:
    """Return the shares with which the line at the left of a panel is in another column."""
    region, output = plan.regions[edge.name], plan.regions[OUTPUT]
    three = output.right < size.width
    if three and region.x >= output.right:
        third = -(-(size.width - x) * 100 // max(size.width - output.x, 1))
        return shares._replace(third=min(max(third, THIRD_PERCENTS[0]), THIRD_PERCENTS[-1]))
    if region.x > output.x:  # the middle of what is below the output
        return shares
    wanted = -(-x * 100 * 100 // (size.width * (LEFT_OF_THREE_PERCENT if three else 100)))
    return shares._replace(left=min(max(wanted, LEFT_PERCENTS[0]), LEFT_PERCENTS[-1]))


def _output_column(rest: int, needs: Needs, opened: str | None) -> dict[str, int]:
    """Return the heights of the output and of an open drawer below it."""
    if opened == OUTPUT:
        return {OUTPUT: rest}
    rows = _output_rows(rest, needs, opened)
    return {OUTPUT: rows} if opened is None else {OUTPUT: rows, opened: rest - rows}


def _output_rows(rest: int, needs: Needs, opened: str | None) -> int:
    """Return the height of the output when a drawer may be open below it."""
    if opened is not None:
        wanted = max(needs[opened].rows + BORDER_ROWS, MIN_ROWS + 2)
        return rest - min(wanted, max(rest - MIN_ROWS, 0))
    wanted = needs[OUTPUT].rows + BORDER_ROWS
    if needs[OUTPUT].chosen:
        return min(wanted, rest)
    stepped = -(-wanted // STEP_ROWS) * STEP_ROWS
    return min(max(stepped, MIN_OUTPUT_ROWS), rest)


def _stack(plan: Plan, column: Column, x: int, width: int, top: int) -> None:
    """Place the panels of a column, whose heights are given, below each other."""
    for name, rows in column.panels.items():
        plan.regions[name] = Region(x, top, width, rows)
        top += rows
