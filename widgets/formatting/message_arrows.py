"""Arrows of messages between the lanes of a timeline that have a free line between each two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rockproc.observer.model import Message
from rockproc.observer.model.keys import ProcessKey

from .time_window import Window

Grid = list[list[tuple[str, str]]]
"""The glyph and the role of each column of each line. Even lines are lanes, odd ones are free."""
ROLE, CHOSEN, END = "accent", "key", "match-now"
"""The roles of arrows, of the arrow of the selected message, and of its ends."""


def draw(
    grid: Grid,
    messages: Iterable[Message],
    lanes: Mapping[ProcessKey, int],
    window: Window,
    now: float,
    role: str = ROLE,
) -> None:
    """Draw an arrow for each message that has arrived until `now`, unless it would cross another one.

    `lanes` has the line of each process by its key.
    """
    done: set[int] = set()
    for message in messages:
        left = message.left
        arrived = message.received
        if left is None or arrived is None or arrived > now or id(message) in done:
            continue
        done.add(id(message))
        sender, receiver = lanes.get(message.sender or ProcessKey(0)), lanes.get(message.receiver or ProcessKey(0))
        if sender is None or receiver is None or sender == receiver or not window.holds(arrived):
            continue
        _arrow(grid, sender, receiver, window.column(left), window.column(arrived), role)


def ends(grid: Grid, message: Message, lanes: Mapping[ProcessKey, int], window: Window, now: float) -> None:
    """Mark where a message left and where it arrived. Processes without a lane are skipped."""
    for glyph, process, at in (("●", message.sender, message.left), ("○", message.receiver, message.received)):
        line = grid[lanes[process]] if process is not None and process in lanes else []
        if line and at is not None and at <= now and window.holds(at):
            line[window.column(at)] = (glyph, END)


def _arrow(grid: Grid, sender: int, receiver: int, left: int, arrived: int, role: str) -> None:
    down = receiver > sender
    step = 1 if down else -1
    beside = sender + step
    begin = max(left, 0)
    between = range(beside, receiver, step)
    # A blank column on each side: a wall of arrows says nothing.
    near = range(max(arrived - 1, 0), min(arrived + 2, len(grid[0])))
    level = range(begin, arrived + 1) if left != arrived else ()
    if any(_is_occupied(grid[line][column]) for line in between if line % 2 for column in near):
        return
    if any(_is_occupied(grid[beside][column]) for column in level):
        return
    for column in level:
        grid[beside][column] = ("─", role)
    for line in between:
        grid[line][arrived] = ("│", role)
    if left != arrived:
        grid[beside][arrived] = ("╮" if down else "╯", role)
        if left >= 0:
            grid[beside][left] = ("╰" if down else "╭", role)
    if left >= 0:
        grid[sender][left] = ("●", role)
    grid[receiver][arrived] = ("▼" if down else "▲", role)


def _is_occupied(cell: tuple[str, str]) -> bool:
    return cell[0] != " "
