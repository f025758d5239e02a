"""Each sent message must be matched with the same received message."""

from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.observer import model
from rockproc.observer.journals.reader import Record
from rockproc.observer.model import Message
from rockproc.observer.model.keys import ChannelKey, ProcessKey
from rockproc.observer.trackers import matching
from rockproc.observer.trackers.matching import ChannelMessages, MessageMatcher
from rockproc.probe.layout import CellKind, Kind
from rockproc.probe.records import Channel, Lost, Put, Received, Sent, message_identity

from tests.messages import content_of
from tests.observer.journals import Invented

TASKS, OTHER = ChannelKey(5), ChannelKey(6)


def message(number: int) -> Message:
    return Message(TASKS, ProcessKey(number))


def test_equal_messages_leave_in_the_order_of_the_pipe() -> None:
    matcher = MessageMatcher()
    for number in range(4):
        matcher.add(77 if number != 1 else 78, message(number))
    matched_messages = [matcher.match(identity) for identity in (77, 78, 77, 77, 77)]
    assert [message and message.sender for message in matched_messages] == [0, 1, 2, 3, None]


def test_messages_that_are_never_received_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "PENDING", 10)
    matcher = MessageMatcher()
    for number in range(1000):
        matcher.add(number % 500, message(number))
    matched_messages = [matched.sender for number in range(500) if (matched := matcher.match(number)) is not None]
    assert 10 <= len(matched_messages) <= 20
    assert set(matched_messages) <= set(range(980, 1000))


def test_messages_that_are_received_soon_are_never_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "PENDING", 10)
    matcher = MessageMatcher()
    matcher.add(-1, message(-1))
    for number in range(1000):
        matcher.add(number, message(number))
        assert matcher.match(number) is not None
    assert matcher.match(-1) is not None


def test_late_messages_do_not_count_among_the_newer_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages of the older half must not be counted among the newer ones."""
    monkeypatch.setattr(matching, "PENDING", 10)
    matcher = MessageMatcher()
    for number in range(10):
        matcher.add(number, message(number))
    for number in range(10):
        assert matcher.match(number) is not None
    for number in range(10, 30):
        matcher.add(number, message(number))
    assert matcher.match(10) is None


def test_both_ends_of_a_message_are_matched_in_any_order(tmp_path: Path) -> None:
    program = Invented(tmp_path)
    main, worker = program.process(100), program.process(101, 100, "fork")
    main.record(Channel(0, 0, "SimpleQueue", "", "", ""), TASKS)
    main.record(Sent(3, message_identity(1, 8), b"one"), TASKS, site=4)
    worker.record(Received(3, message_identity(1, 9), b"two"), TASKS, site=5)
    program.look()
    worker.record(Received(3, message_identity(2, 8), b"one"), TASKS, site=6)
    main.record(Sent(3, message_identity(2, 9), b"two"), TASKS, site=7)
    program.look()
    events = program.observer.world.messages.since(0)[1]
    sent = {content_of(event.message): event.message for event in events if event.op == "sent"}
    for text, lines in {"'one'": (4, 6), "'two'": (7, 5)}.items():
        sites = sent[text].put_site, sent[text].got_site
        assert [site and site.line for site in sites] == list(lines)
        assert sent[text].received is not None


def test_an_inode_that_was_the_end_of_a_pipe_may_become_a_queue(tmp_path: Path) -> None:
    program = Invented(tmp_path)
    main = program.process(100)
    main.record(Channel(TASKS, 0, "Pipe", "", "", ""), OTHER)
    main.record(Sent(3, message_identity(1, 8), b"old"), TASKS, site=4)
    main.record(Channel(0, 0, "SimpleQueue", "", "", ""), TASKS)
    main.record(Sent(3, message_identity(2, 9), b"new"), TASKS, site=4)
    main.record(Sent(3, message_identity(3, 7), b"old"), OTHER, site=4)
    main.cell(0, TASKS, CellKind.CHANNEL, third=1)
    program.look()
    world = program.observer.world
    events = world.messages.since(0)[1]
    assert [event.message.channel for event in events] == [OTHER, TASKS, OTHER]
    assert (world.channels[TASKS].records, world.channels[TASKS].put) == (1, 1)


def test_messages_may_be_read_before_the_creation_of_their_channel(tmp_path: Path) -> None:
    program = Invented(tmp_path)
    worker = program.process(101, 100, "fork")
    worker.record(Sent(3, message_identity(1, 8), b"one"), OTHER, site=4)
    program.look()
    main = program.process(100)
    main.record(Channel(OTHER, 0, "Pipe", "", "", ""), TASKS)
    main.record(Received(3, message_identity(2, 9), b"two"), TASKS, site=4)
    worker.record(Sent(3, message_identity(2, 9), b"two"), OTHER, site=4)
    program.look()
    last = program.observer.world.messages.since(0)[1][-1].message
    assert (last.channel, last.received is not None, last.sent is not None) == (TASKS, True, True)


def test_puts_and_sends_match_again_after_a_loss(tmp_path: Path) -> None:
    """Puts and sends must match also where an operation left no record, and where a loss found no room."""
    program = Invented(tmp_path)
    main = program.process(100)
    main.record(Channel(0, 0, "Queue", "", "", ""), TASKS)
    for number in 1, 2, 3, 4, 6, 8, 9, 10, 11, 12:
        main.record(Put(number), TASKS, site=number)
    main.record(Sent(3, message_identity(1, 7), b"one"), TASKS)
    main.record(Lost(2, 1, 1, "no pickle"), TASKS)
    main.record(Sent(3, message_identity(3, 7), b"four"), TASKS)
    program.look()
    main.record(Sent(3, message_identity(5, 7), b"six"), TASKS)
    # The loss of 7 is not recorded.
    main.record(Lost(8, 3, 1, "no pickle"), TASKS)
    main.record(Sent(3, message_identity(6, 7), b"nine"), TASKS)
    main.record(Lost(10, 6, 3, "exits"), TASKS)
    program.look()
    events = program.observer.world.messages.since(0)[1]
    sent = [event.message for event in events if event.op == "sent"]
    lines = [message.put_site.line if message.put_site is not None else None for message in sent]
    assert [(message.content, line) for message, line in zip(sent, lines, strict=True)] == [
        (b"one", 1),
        (b"four", 4),
        (b"six", 6),
        (b"nine", 9),
    ]
    puts = [event.message for event in events if event.op == "put"]
    assert {event.put_site.line: event.lost_because for event in puts if event.put_site and event.lost is not None} == {
        2: "no pickle",
        8: "no pickle",
        10: "exits",
        11: "behind one that was lost: exits",
        12: "behind one that was lost: exits",
    }
    channel = program.observer.world.channels[TASKS]
    assert (channel.lost, channel.lost_because) == (6, "exits (and 2 behind it)")
    assert [event.at for event in events if event.op == "lost"] == [
        event.lost for event in puts if event.lost is not None
    ]


def test_late_matches_do_not_delay_the_forgetting_of_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only messages that were added since the last clean-up may count towards the next one."""
    monkeypatch.setattr(matching, "PENDING", 10)
    matcher = MessageMatcher()
    for number in range(10):
        matcher.add(number, message(number))
    assert all(matcher.match(number) for number in range(5))
    for number in range(10, 20):
        matcher.add(number, message(number))
    assert [number for number in range(5, 20) if matcher.match(number)] == [*range(10, 20)]


def test_items_that_are_known_to_be_lost_are_not_unsent() -> None:
    messages = ChannelMessages(model.Channel(TASKS, "Queue", "tasks"))
    a, b, payload = Lost(1, 3, 3, "TypeError").pack()
    messages.lost(ProcessKey(1), Record(0, 0, TASKS, a, b, 0, Kind.LOST, payload), 1.0)
    assert [messages.unsent(ProcessKey(process), 5) for process in (1, 2)] == [2, 5]
