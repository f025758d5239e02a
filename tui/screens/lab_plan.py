"""The plan of the Lab's layout: which panels are shown, and where. It depends on sizes and needs only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
from textual.geometry import Region, Size

BORDER_ROWS = 1
MIN_ROWS = 4
"""The height of a panel that shows two rows."""
MIN_FILL_ROWS = 5
"""The smallest useful height of a filler."""
MIN_SOURCE_ROWS = 12
"""The height that the source keeps when it makes room for a lesson that has none elsewhere."""
MIN_OUTPUT_ROWS = 8
STEP_ROWS = 4
"""The rows by which a panel grows with its text, so that the panels below it do not move at every line."""
LANES_COLUMNS = 120
"""The smallest width at which the list of processes contains the lanes of the timeline."""

THREE_COLUMNS = 180
"""The smallest width with three columns below the list of processes: longer lines are mostly blank."""

TALL = 50
"""The smallest height of the terminal at which a separate line describes each process."""

TOP, OUTPUT = "processes", "output"
LEFT = ("messages", "shared", "locks", "pools")
"""The panels that share the left column while they have content. The later ones are left out first."""
FILLERS = ("source", "lesson", "words", "findings", "experiments", "handle", "history", "legend")
"""The panels that take the space that nothing else needs, the most useful first. The first one stands at the left."""
BESIDE_OUTPUT = "history"
"""The filler that stands below the output in a terminal with three columns: both are in the order of their times."""
HISTORY_ROWS = range(6, 13)
"""The height that the history gets before the fillers that are placed after it: it can be scrolled."""
ONLY_IN_FREE_SPACE = ("history", "legend")
"""The fillers for which the source does not give up rows."""
WHOLE = ("legend",)
"""The fillers that are of no use when they are cut."""
LIVE = ("words", "handle")
"""The fillers whose text changes while the program runs."""


class Shares(NamedTuple):
    """The shares into which the space is divided, in percent."""

    left: int | None = None
    """The share of the width for the panels beside the output; None for what the lines of the output leave."""
    top: int = 50
    """The largest share of the height for the list of processes."""
    third: int = 50
    """The share of the third column in what the left one leaves."""


LAYOUTS = {
    "balanced": Shares(),
    "wide output": Shares(left=35),
    "wide panels": Shares(left=65),
    "many processes": Shares(top=80),
}
"""The layouts that the user can choose, by name."""
MAX_CHOSEN_TOP_PERCENT = 80
"""The largest share of the height that the user can give to the list of processes."""
THIRD_PERCENTS = range(20, 81)
LEFT_PERCENTS = range(25, 76, 5)
"""The shares of the left column that the user can choose."""
AUTOMATIC_LEFT_PERCENTS = range(50, 61, 5)
"""The shares of the left column while the user has chosen none."""


class Need(NamedTuple):
    """The size that a panel asks for."""

    rows: int
    """The rows that show everything, without the border."""
    content: bool
    """True if there is anything to show."""
    chosen: bool = False
    """True if the user has chosen these rows."""
    columns: int = 0
    """The columns in which no line is cut or wrapped; 0 if the panel does not say."""
    most: int = 0
    """The rows that the panel can fill, if that is more than it asks for."""


class Plan(msgspec.Struct):
    regions: dict[str, Region] = msgspec.field(default_factory=dict[str, Region])
    """The place of each panel that is shown, by name."""
    left_out: list[str] = msgspec.field(default_factory=list[str])
    """The panels that have content and no place."""
    left_percent: int = 0
    """The share of the left column."""


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

    What is opened on demand has a place below the output. The fillers take the space that is left, and in a very wide
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
    most = MAX_CHOSEN_TOP_PERCENT if needs[TOP].chosen else shares.top
    top = max(min(needs[TOP].rows + BORDER_ROWS, height * most // 100), min(MIN_ROWS + 1, height))
    plan.regions[TOP] = Region(0, 0, width, top)
    rest = height - top
    names = [name for name in candidates if needs[name].content and name != opened]
    fillers = [name for name in FILLERS if needs[name].content and name != opened]
    heights = shared_rows(rest, [needs[name].rows + BORDER_ROWS for name in names])
    plan.left_out = names[len(heights) :]
    left = dict(zip(names, heights, strict=False))
    _fill([left], rest, needs, fillers[:1])
    fillers = [name for name in fillers if name not in left]
    middle = _output_column(rest, needs, opened)
    third: dict[str, int] = {}
    has_third = width >= THREE_COLUMNS and bool(left and fillers)
    if has_third and opened is None and BESIDE_OUTPUT in fillers:
        fillers.remove(BESIDE_OUTPUT)
        if rest - middle[OUTPUT] >= HISTORY_ROWS[0]:
            most = min(rest - middle[OUTPUT], HISTORY_ROWS[-1])
            middle[BESIDE_OUTPUT] = min(_wanted_rows(needs, BESIDE_OUTPUT), most)
    _fill([*([third] if has_third else []), *([middle] if opened is None else []), left], rest, needs, fillers)
    if BESIDE_OUTPUT in middle:
        more = min(_wanted_rows(needs, BESIDE_OUTPUT) - middle[BESIDE_OUTPUT], rest - sum(middle.values()))
        middle[BESIDE_OUTPUT] += max(more, 0)
    for column in (left, middle, third):
        for name in column:
            more = min(needs[name].most + BORDER_ROWS - column[name], rest - sum(column.values()))
            column[name] += more if name in WHOLE and more > 0 else 0
    _stretch(left, rest, "messages")
    _stretch(middle, rest, OUTPUT if opened is None and not needs[OUTPUT].chosen else "")
    _stretch(third, rest)
    wide = max((needs[name].columns for name in left), default=0)
    plan.left_percent = shares.left or _automatic_left(width, wide, needs[OUTPUT].columns, shares.third if third else 0)
    left_width = _left_width(width, plan.left_percent, bool(third)) if left else 0
    third_width = (width - left_width) * shares.third // 100 if third else 0
    _stack(plan, left, 0, left_width, top)
    _stack(plan, middle, left_width, width - left_width - third_width, top)
    _stack(plan, third, width - third_width, third_width, top)
    return plan


def _left_width(width: int, percent: int, has_third: bool) -> int:
    return width * percent // (150 if has_third else 100)


def _automatic_left(width: int, wanted: int, output: int, third_percent: int) -> int:
    """Returns the share of a left column that wants some columns, as far as no line of the output is wrapped for it."""
    best = AUTOMATIC_LEFT_PERCENTS[0]
    for percent in AUTOMATIC_LEFT_PERCENTS[1:]:
        rest = width - _left_width(width, percent, third_percent > 0)
        enough = wanted <= _left_width(width, best, third_percent > 0)
        if enough or not 0 < output <= rest * (100 - third_percent) // 100:
            break
        best = percent
    return best


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
    region = plan.regions[edge.name]
    columns = len({place.x for name, place in plan.regions.items() if name != TOP})
    if columns > 2 and region.right == size.width:
        left = plan.regions[OUTPUT].x
        third = (size.width - x) * 100 // max(size.width - left, 1)
        return shares._replace(third=min(max(third, THIRD_PERCENTS[0]), THIRD_PERCENTS[-1]))
    wanted = -(-x * (150 if columns > 2 else 100) // size.width)
    return shares._replace(left=min(max(wanted, LEFT_PERCENTS[0]), LEFT_PERCENTS[-1]))


def _fill(columns: Sequence[dict[str, int]], height: int, needs: Mapping[str, Need], names: Sequence[str]) -> None:
    """Adds fillers to the first column that has room for all of their rows, and then those that find room for some."""
    low: list[str] = []
    for name in names:
        wanted = _wanted_rows(needs, name)
        if name in WHOLE:  # it can fill more rows than it asks for
            columns = sorted(columns, key=lambda column: sum(column.values()))
        column = next((column for column in columns if sum(column.values()) + wanted <= height), None)
        if column is None and name not in ONLY_IN_FREE_SPACE:
            column = _beside_source(columns, wanted)
        if column is None:
            low += [name] if name not in WHOLE else []
        else:
            column[name] = wanted
    for name in low:
        column = min(columns, key=lambda column: sum(column.values()))
        if height - sum(column.values()) >= MIN_FILL_ROWS:
            column[name] = height - sum(column.values())


def _beside_source(columns: Sequence[dict[str, int]], wanted: int) -> dict[str, int] | None:
    """Takes rows from the source, which can be scrolled, if it has more than it needs to be of use."""
    column = next((column for column in columns if column.get("source", 0) - wanted >= MIN_SOURCE_ROWS), None)
    if column is not None:
        column["source"] -= wanted
    return column


def _wanted_rows(needs: Mapping[str, Need], name: str) -> int:
    """Returns the height that a filler asks for, with its border."""
    wanted = needs[name].rows + BORDER_ROWS
    return -(-wanted // STEP_ROWS) * STEP_ROWS if name in LIVE and not needs[name].chosen else wanted


def _stretch(column: dict[str, int], height: int, name: str = "") -> None:
    """Gives what is left of a column's height to one of its panels, to the last one if that is not there."""
    if column:
        column[name if name in column else list(column)[-1]] += height - sum(column.values())


def _output_column(rest: int, needs: Mapping[str, Need], opened: str | None) -> dict[str, int]:
    """The output, and below it what was opened."""
    if opened == OUTPUT:
        return {OUTPUT: rest}
    column = {OUTPUT: _output_rows(rest, needs, opened)}
    if opened is not None:
        column[opened] = rest - column[OUTPUT]
    return column


def _output_rows(rest: int, needs: Mapping[str, Need], opened: str | None) -> int:
    """The height of the output when something may be below it."""
    if opened is not None:
        wanted = max(needs[opened].rows + BORDER_ROWS, MIN_ROWS + 2)
        return rest - min(wanted, max(rest - MIN_ROWS, 0))
    wanted = needs[OUTPUT].rows + BORDER_ROWS
    if needs[OUTPUT].chosen:
        return min(wanted, rest)
    stepped = -(-wanted // STEP_ROWS) * STEP_ROWS
    return min(max(stepped, MIN_OUTPUT_ROWS), rest)


def _stack(plan: Plan, column: Mapping[str, int], x: int, width: int, top: int) -> None:
    """Places the panels of a column, whose heights are given, below each other."""
    for name, rows in column.items():
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
