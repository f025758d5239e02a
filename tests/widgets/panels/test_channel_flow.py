from __future__ import annotations

import pickle

from rockproc.observer.model import Channel, Message, MessageEvent, Stream
from rockproc.widgets.bases.view import View
from rockproc.widgets.formatting.cells import Cells
from rockproc.widgets.panels.channel_flow import content, depths, history, pending, rates

from tests.fakes import MAIN, TASKS, snapshot
from tests.messages import content_of


def texts(lines: list[Cells]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def channel(view: View) -> Channel:
    return view.channels[TASKS]


def test_the_content_of_a_channel_begins_with_the_next_message() -> None:
    view = View.of(snapshot())
    assert [content_of(message) for message in pending(view, channel(view))] == [
        "{'job': 9}",
        "{'job': 10}",
        "{'job': 11}",
    ]
    assert texts(content(view, channel(view)))[0] == "in it     {'job': 9}  by main, 9.2s ago"


def test_the_content_at_an_earlier_moment_includes_messages_received_later() -> None:
    """Message 8 is put at 3.0 and received at 3.0012; no later event of the channel is known."""
    view = View.of(snapshot(now=3.0005))
    assert [content_of(message) for message in pending(view, Channel(TASKS, "Queue", "tasks", put=9, got=8))] == [
        "{'job': 8}"
    ]


def test_lost_messages_are_not_in_the_channel() -> None:
    stream: Stream[MessageEvent] = Stream()
    for number, lost in enumerate((None, 2.0, None)):
        stream.append(MessageEvent(1.0, "put", MAIN, Message(TASKS, MAIN, put=1.0 + number, lost=lost)))
    queue = Channel(TASKS, "Queue", "tasks", put=3, lost=1)
    assert [message.put for message in pending(View.of(snapshot(now=5.0, messages=stream)), queue)] == [1.0, 3.0]
    queue.lost = 0
    assert [message.put for message in pending(View.of(snapshot(now=1.9, messages=stream)), queue)] == [
        1.0,
        2.0,
        3.0,
    ]


def test_a_long_content_is_counted_and_partly_listed() -> None:
    stream: Stream[MessageEvent] = Stream()
    for number in range(20):
        message = Message(TASKS, MAIN, put=1.0, sent=None if number > 6 else 1.5, size=3, content=pickle.dumps(number))
        stream.append(MessageEvent(1.0, "put", MAIN, message))
    many = Channel(TASKS, "Queue", "tasks", put=30, got=5)
    lines = texts(content(View.of(snapshot(now=3.0, messages=stream)), many))
    assert len(lines) == 9
    assert lines[0] == "in it     0  by main, 2.0s ago"
    assert lines[7].strip() == "7  by main, 2.0s ago, not in the pipe yet"
    assert lines[8].strip() == "and 17 more"
    assert "none of them seen" in texts(content(View.of(snapshot(messages=Stream[MessageEvent]())), many))[0]
    assert texts(content(View.of(snapshot()), Channel(TASKS, "Queue", "tasks"))) == ["in it     nothing"]


def test_histories_begin_at_zero() -> None:
    some = Channel(TASKS, "Queue", "tasks", put=9, got=5, rate=2.0, depths=(0, 2, 8, 4), rates=(0.0, 0.0, 4.0, 2.0))
    assert depths(some, 12) == "▁▃█▅"
    assert rates(some, 2) == "█▅"
    assert texts(history(some)) == ["flow      depth ▁▃█▅ 4 (seen at most 8)  rate ▁▁█▅ 2/s"]
    assert depths(Channel(TASKS, "Queue", "tasks", depths=(3, 3)), 12) == "██"
    assert depths(Channel(TASKS, "Queue", "tasks", depths=(0, 0)), 12) == "▁▁"
    assert history(Channel(TASKS, "Queue", "tasks")) == []
