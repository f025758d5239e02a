"""Each message is found again at its other end."""

from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.observer.model import Message
from rockproc.observer.trackers import matching
from rockproc.observer.trackers.matching import MessageMatcher
from rockproc.probe.layout import Kind, What

from tests.messages import content_of
from tests.observer.journals import Invented

TASKS, OTHER = 5, 6


def message(number: int) -> Message:
    return Message(TASKS, number)


def test_equal_messages_leave_in_the_order_of_the_pipe() -> None:
    matcher = MessageMatcher()
    for number in range(4):
        matcher.add(77 if number != 1 else 78, message(number))
    taken = [matcher.match(each) for each in (77, 78, 77, 77, 77)]
    assert [each and each.sender for each in taken] == [0, 1, 2, 3, None]


def test_what_nobody_takes_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "PENDING", 10)
    matcher = MessageMatcher()
    for number in range(1000):
        matcher.add(number % 500, message(number))
    taken = [each.sender for number in range(500) if (each := matcher.match(number)) is not None]
    assert 10 <= len(taken) <= 20
    assert set(taken) <= set(range(980, 1000))


def test_what_is_taken_soon_is_never_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "PENDING", 10)
    matcher = MessageMatcher()
    matcher.add(-1, message(-1))
    for number in range(1000):
        matcher.add(number, message(number))
        assert matcher.match(number) is not None
    assert matcher.match(-1) is not None


def test_both_ends_tell_of_one_message_whichever_is_read_first(tmp_path: Path) -> None:
    program = Invented(tmp_path)
    main, worker = program.process(100), program.process(101, 100, "fork")
    main.write(Kind.CHANNEL, TASKS, payload="SimpleQueue\0\0")
    main.write(Kind.SENT, TASKS, 3, 1 << 32 | 8, 4, b"one")
    worker.write(Kind.RECEIVED, TASKS, 3, 1 << 32 | 9, 5, b"two")
    program.look()
    worker.write(Kind.RECEIVED, TASKS, 3, 2 << 32 | 8, 6, b"one")
    main.write(Kind.SENT, TASKS, 3, 2 << 32 | 9, 7, b"two")
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
    main.write(Kind.CHANNEL, OTHER, TASKS, payload="Pipe\0\0")
    main.write(Kind.SENT, TASKS, 3, 1 << 32 | 8, 4, b"old")
    main.write(Kind.CHANNEL, TASKS, payload="SimpleQueue\0\0")
    main.write(Kind.SENT, TASKS, 3, 2 << 32 | 9, 4, b"new")
    main.write(Kind.SENT, OTHER, 3, 3 << 32 | 7, 4, b"old")
    main.cell(0, TASKS, What.CHANNEL, c=1)
    program.look()
    world = program.observer.world
    events = world.messages.since(0)[1]
    assert [event.message.channel for event in events] == [OTHER, TASKS, OTHER]
    assert (world.channels[TASKS].records, world.channels[TASKS].put) == (1, 1)


def test_messages_are_seen_before_what_made_their_channel(tmp_path: Path) -> None:
    program = Invented(tmp_path)
    worker = program.process(101, 100, "fork")
    worker.write(Kind.SENT, OTHER, 3, 1 << 32 | 8, 4, b"one")
    program.look()
    main = program.process(100)
    main.write(Kind.CHANNEL, TASKS, OTHER, payload="Pipe\0\0")
    main.write(Kind.RECEIVED, TASKS, 3, 2 << 32 | 9, 4, b"two")
    worker.write(Kind.SENT, OTHER, 3, 2 << 32 | 9, 4, b"two")
    program.look()
    last = program.observer.world.messages.since(0)[1][-1].message
    assert (last.channel, last.received is not None, last.sent is not None) == (TASKS, True, True)


def test_puts_and_sends_pair_again_after_a_loss(tmp_path: Path) -> None:
    """Also where an operation leaves no record, and where a loss has found no room."""
    program = Invented(tmp_path)
    main = program.process(100)
    main.write(Kind.CHANNEL, TASKS, payload="Queue\0\0")
    for number in 1, 2, 3, 4, 6, 8, 9, 10, 11, 12:
        main.write(Kind.PUT, TASKS, number, 0, number)
    main.write(Kind.SENT, TASKS, 3, 1 << 32 | 7, payload="one")
    main.write(Kind.LOST, TASKS, 2, 1 << 32 | 1, payload="no pickle")
    main.write(Kind.SENT, TASKS, 3, 3 << 32 | 7, payload="four")
    program.look()
    main.write(Kind.SENT, TASKS, 3, 5 << 32 | 7, payload="six")
    # The loss of 7 is not told.
    main.write(Kind.LOST, TASKS, 8, 3 << 32 | 1, payload="no pickle")
    main.write(Kind.SENT, TASKS, 3, 6 << 32 | 7, payload="nine")
    main.write(Kind.LOST, TASKS, 10, 6 << 32 | 3, payload="exits")
    program.look()
    events = program.observer.world.messages.since(0)[1]
    sent = [event.message for event in events if event.op == "sent"]
    lines = [each.put_site.line if each.put_site is not None else None for each in sent]
    assert [(each.content, line) for each, line in zip(sent, lines, strict=True)] == [
        (b"one", 1),
        (b"four", 4),
        (b"six", 6),
        (b"nine", 9),
    ]
    puts = [event.message for event in events if event.op == "put"]
    assert {each.put_site.line: each.lost_because for each in puts if each.put_site and each.lost is not None} == {
        2: "no pickle",
        8: "no pickle",
        10: "exits",
        11: "behind one that was lost: exits",
        12: "behind one that was lost: exits",
    }
    channel = program.observer.world.channels[TASKS]
    assert (channel.lost, channel.lost_because) == (6, "exits (and 2 behind it)")
    assert [event.at for event in events if event.op == "lost"] == [each.lost for each in puts if each.lost is not None]
