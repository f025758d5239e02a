from __future__ import annotations

from rockproc.observer.model import Message
from rockproc.observer.model.keys import ChannelKey, ProcessKey
from rockproc.widgets.formatting import message_arrows
from rockproc.widgets.formatting.time_window import Window
from rockproc.widgets.formatting.timed_events import TimedEvents

WINDOW = Window(0.0, 0.1, 12)


def moments(*times: float) -> TimedEvents[float]:
    found: TimedEvents[float] = TimedEvents()
    for at in times:
        found.add(at, at)
    return found


def test_a_column_has_its_first_event() -> None:
    some = moments(0.05, 0.31, 0.32, 0.35, 0.9)
    assert list(some.first_in_columns(WINDOW, 2.0)) == [(0, 0.05), (3, 0.31), (9, 0.9)]
    assert list(some.first_in_columns(WINDOW, 0.33)) == [(0, 0.05), (3, 0.31)]
    assert list(some.first_in_columns(Window(0.3, 0.1, 2), 2.0)) == [(0, 0.31)]


def test_a_late_event_is_inserted_in_order() -> None:
    assert moments(0.5, 0.1, 0.3).between(0.0, 0.4) == [0.1, 0.3]


def drawn(*messages: Message, now: float = 9.0) -> list[str]:
    grid: message_arrows.Grid = [[(" ", "")] * 12 for _ in range(5)]
    for line in (0, 2, 4):
        grid[line] = [("━", "")] * 12
    message_arrows.draw(grid, messages, {ProcessKey(1): 0, ProcessKey(2): 2, ProcessKey(3): 4}, WINDOW, now)
    return ["".join(glyph for glyph, _ in line) for line in grid]


def sent(sender: int, receiver: int | None, left: float, arrived: float | None) -> Message:
    return Message(
        ChannelKey(7),
        ProcessKey(sender),
        None if receiver is None else ProcessKey(receiver),
        sent=left,
        received=arrived,
    )


def test_an_arrow_leads_from_lane_to_lane() -> None:
    assert drawn(sent(1, 3, 0.2, 0.5), sent(2, 1, 0.91, 0.92)) == [
        "━━●━━━━━━▲━━",
        "  ╰──╮   │  ",
        "━━━━━│━━━●━━",
        "     │      ",
        "━━━━━▼━━━━━━",
    ]
    assert drawn(sent(3, 2, 0.2, 0.5))[2:] == ["━━━━━▲━━━━━━", "  ╭──╯      ", "━━●━━━━━━━━━"]


def test_an_arrow_from_before_the_window_enters_at_the_left() -> None:
    assert drawn(sent(1, 2, -3.0, 0.25))[:3] == ["━━━━━━━━━━━━", "──╮         ", "━━▼━━━━━━━━━"]


def test_arrows_do_not_cross_or_crowd() -> None:
    lines = drawn(*(sent(1, 2, at / 10, at / 10 + 0.01) for at in range(12)))
    assert lines[1] == "│ │ │ │ │ │ "
    assert drawn(sent(1, 2, 0.0, 0.9), sent(1, 3, 0.4, 0.45))[3] == " " * 12


def test_a_message_that_has_not_arrived_has_no_arrow() -> None:
    blank = drawn()
    assert drawn(sent(1, 2, 0.2, 0.5), now=0.4) == blank
    assert drawn(sent(1, None, 0.2, None)) == blank
    assert drawn(sent(1, 1, 0.2, 0.3)) == blank
    assert drawn(sent(1, 9, 0.2, 0.3)) == blank


def test_the_known_ends_of_the_selected_message_are_marked() -> None:
    def marked(message: Message, now: float = 9.0) -> list[list[tuple[int, str]]]:
        grid: message_arrows.Grid = [[("━", "")] * 12, [], [("━", "")] * 12]
        message_arrows.ends(
            grid, message, {ProcessKey(key): line for key, line in ((1, 0), (3, 1), (2, 2))}, WINDOW, now
        )
        return [
            [(place, glyph) for place, (glyph, role) in enumerate(line) if role == message_arrows.END] for line in grid
        ]

    assert marked(sent(1, 2, 0.2, 0.5)) == [[(2, "●")], [], [(5, "○")]]
    assert marked(sent(1, 2, 0.2, 0.5), now=0.4) == [[(2, "●")], [], []]
    assert marked(sent(1, None, 0.2, None)) == [[(2, "●")], [], []]
    assert marked(sent(2, 1, -1.0, 0.5)) == [[(5, "○")], [], []]
    assert marked(sent(3, 9, 0.2, 0.5)) == [[], [], []]
