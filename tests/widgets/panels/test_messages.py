from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from typing import Self

from msgspec.structs import replace
from rockproc.observer.model import Message, MessageEvent, Stream
from rockproc.observer.model.keys import ProcessKey
from rockproc.widgets.bases.view import View
from rockproc.widgets.panels.messages import Entry, Messages
from textual.geometry import Region

from tests.fakes import ONE, TASKS, snapshot


class Taken(Messages):
    """A panel outside of an app, which keeps the items that it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Entry] = []

    def extend(self, items: Sequence[Entry]) -> None:
        self.events += items

    def refresh(self, *_regions: Region, **_: bool) -> Self:
        return self


def test_a_message_waits_until_its_process_and_channel_are_known() -> None:
    world = snapshot()
    message = Message(TASKS, ONE, put=1.0)
    events = [
        MessageEvent(world.now, "put", ONE, message),
        MessageEvent(world.now + 0.1, "put", ProcessKey(77), message),
        MessageEvent(world.now + 0.2, "put", ONE, message),
    ]
    stream: Stream[Entry] = Stream()
    stream.extend(events)
    panel = Taken()
    panel.take(View.of(world), stream)
    assert panel.events == events[:1]
    newer = replace(world.processes[0], key=ProcessKey(77))
    panel.take(View.of(replace(world, processes=(*world.processes, newer))), stream)
    assert panel.events == events


def test_internal_messages_ask_for_no_rows() -> None:
    world = snapshot()
    view = View.of(replace(world, channels=tuple(replace(channel, internal=True) for channel in world.channels)))
    panel = Taken()
    panel.kept = 3
    assert view.snapshot.messages.total > 4
    assert panel.preferred_rows(view, 70) == 3
    assert panel.preferred_rows(View.of(world), 70) > 4


class Narrow(Taken):
    """A panel of 60 columns."""

    @property
    def columns(self) -> int:
        return 60

    def call_later(self, callback: Callable[..., object], *_args: object, **_more: object) -> bool:
        callback()
        return True

    def resized(self) -> None:
        """Draw nothing."""


def test_names_and_sizes_make_room_for_a_content_that_would_be_cut() -> None:
    world = snapshot()
    content = "x" * 14
    message = Message(TASKS, ONE, put=1.0, content=pickle.dumps(content), size=40)
    events: list[Entry] = [MessageEvent(1.0, "put", ONE, message), MessageEvent(1.1, "received", ONE, message)]
    panel = Narrow()
    panel.take(View.of(world), Stream())
    panel._measure_names(View.of(world))
    for event in events:
        panel.cells(event)
    lines = ["".join(text for text, _ in panel.cells(event)) for event in events]
    assert all(repr(content) in line for line in lines), lines
    assert "worker-1 ▸ tasks" in lines[0]
