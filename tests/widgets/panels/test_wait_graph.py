"""The wait-for graph of worlds in which a finding proves a deadlock, or not."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from msgspec.structs import replace
from rockproc.observer.findings import deadlock
from rockproc.observer.findings.wait_graph import waits
from rockproc.observer.model import Channel, Hold, Lock, Process, State, Wait, World
from rockproc.observer.model.keys import ChannelKey, LockKey, ProcessKey
from rockproc.widgets.bases.view import View
from rockproc.widgets.panels.wait_graph import _ordinal, detail, graph

from tests.fakes import snapshot
from tests.observer.findings.worlds import found

NOW = 10.0
CALL = {"Lock": "acquire", "RLock": "acquire", "Semaphore": "acquire", "Event": "wait", "Queue": "get"}


def world(
    held: dict[str, str], wanted: dict[str, str], *, kind: str = "Lock", channels: Iterable[str] = ()
) -> tuple[World, View]:
    """Return a world in which processes hold and await objects, and a view of it.

    Args:
        held: the process that holds each lock, by name.
        wanted: the lock, channel or process for which each process waits, by name.
        kind: the kind of the locks.
        channels: the names of Queues.
    """
    names = sorted(
        {*wanted, *held.values(), *(wanted_key for wanted_key in wanted.values() if wanted_key.startswith("p"))}
    )
    people = {
        name: Process(ProcessKey(key), name, pid=key, state=State.RUNNING, main_thread=1, probed=True)
        for key, name in enumerate(names, 1)
    }
    lock_names = sorted({*held, *(wanted_key for wanted_key in wanted.values() if wanted_key.startswith("l"))})
    locks = {name: Lock(LockKey(100 + index), kind, name) for index, name in enumerate(lock_names)}
    queues = [Channel(ChannelKey(200 + index), "Queue", name) for index, name in enumerate(channels)]
    for order, (name, what) in enumerate(wanted.items()):
        since = 5.0 + order
        if what in people:
            op, key = "join", people[what].key
        elif what in locks:
            op, key = CALL[kind], locks[what].key
            locks[what].waiters += (Hold(people[name].key, 1, since, None),)
        else:
            op, key = "get", next(queue.key for queue in queues if queue.name == what)
        people[name].state, people[name].timed = State.WAITING, False
        people[name].waits = (Wait(op, what, key, since, None, 1, timed=False),)
    for name, holder in held.items():
        locks[name].holders += (Hold(people[holder].key, 1, 4.0, None),)
    found_world = World(now=NOW)
    found_world.processes = {process.key: process for process in people.values()}
    found_world.locks = {lock.key: lock for lock in locks.values()}
    findings = tuple(replace(finding, at=8.0) for finding in found(deadlock.RULE, found_world))
    return found_world, View.of(
        snapshot(
            NOW,
            processes=tuple(people.values()),
            locks=tuple(locks.values()),
            channels=tuple(queues),
            findings=findings,
        )
    )


def lines(view: View) -> list[str]:
    return [row.text for row in graph(view)]


def test_a_cycle_is_drawn_as_one() -> None:
    _, view = world({"l1": "p1", "l2": "p2", "l3": "p3"}, {"p1": "l2", "p2": "l3", "p3": "l1", "pmain": "p1"})
    assert lines(view) == [
        "✖ deadlock, certain, for 2.0s: none of these can go on",
        "┏▶ p1    ─acquire 5.0s▸ l2 ─held 6.0s by▸ p2",
        "┃  p2    ─acquire 4.0s▸ l3 ─held 6.0s by▸ p3",
        "┗━ p3    ─acquire 3.0s▸ l1 ─held 6.0s by▸ p1",
        "",
        "   pmain ─join 2.0s───▸ p1  waiting",
    ]


def test_a_thread_that_waits_for_its_own_lock_is_a_cycle() -> None:
    _, view = world({"l1": "p1"}, {"p1": "l1"})
    assert lines(view)[1] == "↻  p1 ─acquire 5.0s▸ l1 ─held 6.0s by▸ p1"


def test_only_a_finding_makes_a_cycle_a_deadlock() -> None:
    """A cycle through a Semaphore proves nothing: another thread may release it."""
    _, view = world({"l1": "p1", "l2": "p2"}, {"p1": "l2", "p2": "l1"}, kind="Semaphore")
    assert len(lines(view)) == 2
    assert not any("deadlock" in line or "┏" in line for line in lines(view))
    _, view = world({"l1": "p1", "l2": "p2"}, {"p1": "l2", "p2": "l1"})
    dissolved = replace(
        view.snapshot, findings=tuple(replace(finding, active=False) for finding in view.snapshot.findings)
    )
    assert len(lines(View.of(dissolved))) == 2


def test_two_cycles_are_drawn_separately() -> None:
    _, view = world(
        {"l1": "p1", "l2": "p2", "l3": "p3", "l4": "p4"}, {"p1": "l2", "p2": "l1", "p3": "l4", "p4": "l3"}
    )  # fmt: skip
    assert [line[:5] for line in lines(view)] == ["✖ dea", "┏▶ p1", "┗━ p2", "✖ dea", "┏▶ p3", "┗━ p4"]


def test_holders_come_before_waiters() -> None:
    _, view = world({"l1": "p9", "l2": "p1"}, {"p3": "l2", "p1": "l1", "p2": "l2"})
    assert lines(view) == [
        "   p1 ─acquire 4.0s─────▸ l1 ─held 6.0s by▸ p9",
        "   p3 ─acquire 5.0s, 1st▸ l2 ─held 6.0s by▸ p1",
        "   p2 ─acquire 3.0s, 2nd▸ l2 ─held 6.0s by▸ p1",
    ]
    key = graph(view)[2].key
    facts = ["".join(text for text, _ in line) for line in detail(key, view)]
    assert facts == [
        "waits     p2 to acquire l2, 3.0s, at ?",
        "held by   p1  6.0s  at ?",
        "waiter 1  p3  5.0s  at ?",
        "waiter 2  p2  3.0s  at ?",
    ]


@pytest.mark.parametrize(
    ("number", "text"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (23, "23rd")]
)
def test_places_in_a_row_of_waiters_are_ordinals(number: int, text: str) -> None:
    assert _ordinal(number) == text


def test_a_holder_that_has_ended_is_marked() -> None:
    _, view = world({"l1": "p1"}, {"p2": "l1"})
    dead = tuple(
        replace(process, state=State.ZOMBIE) if process.name == "p1" else process for process in view.snapshot.processes
    )
    assert lines(View.of(replace(view.snapshot, processes=dead))) == ["   p2 ─acquire 5.0s▸ l1 ─held 6.0s by▸ p1 ✖"]


def test_an_object_without_holder_shows_its_state() -> None:
    _, view = world({}, {"p1": "tasks"}, channels=["tasks"])
    assert lines(view) == ["   p1 ─get 5.0s▸ tasks  Queue, empty"]
    _, view = world({}, {"p1": "l1"}, kind="Event")
    assert lines(view) == ["   p1 ─wait 5.0s▸ l1  Event, not set"]


def test_names_are_sanitized() -> None:
    found_world, view = world({"l1": "p1"}, {"p2": "l1"})
    for process in found_world.processes.values():
        process.name = "\x1b[31m" + "n" * 60
    assert all(character.isprintable() for line in lines(view) for character in line)


def test_every_wait_of_every_thread_is_an_edge() -> None:
    found_world, _ = world({"l1": "p1"}, {"p2": "l1", "p3": "p2"})
    edges = list(waits(found_world.processes.values(), found_world.locks.values(), found_world.managed.values()))
    assert [(edge.thread, [hold.process for hold in edge.holders]) for edge in edges] == [((2, 1), [1]), ((3, 1), [2])]


def test_holders_without_room_are_counted() -> None:
    _, view = world({"l": "p1"}, {"p2": "l"}, kind="Semaphore")
    (lock,) = view.snapshot.locks
    lock.holders += (Hold(ProcessKey(1), 2, 4.0, None),)
    (wide,) = graph(view)
    assert wide.text.endswith("▸ p1, p1")
    assert graph(view, len(wide.text)) == [wide]
    (narrow,) = graph(view, len(wide.text) - 1)
    assert narrow.text.endswith("▸ p1 +1")


def test_a_narrow_graph_leaves_times_out_before_it_cuts_names() -> None:
    _, view = world({"l1": "p1", "l2": "p2"}, {"p1": "l2", "p2": "l1"})
    expected = {
        60: ["✖ deadlock, certain, for 2.0s: none of these can go on", "┏▶ p1 ─acquire 5.0s▸ l2 ─held 6.0s by▸ p2"],
        40: ["✖ deadlock, certain, for 2.0s", "┏▶ p1 ─acquire 5.0s▸ l2 ─held by▸ p2"],
        35: ["✖ deadlock, certain, for 2.0s", "┏▶ p1 ─acquire▸ l2 ─held by▸ p2"],
        30: ["✖ deadlock, certain, for 2.0s", "┏▶ p1 ─acquire▸ l2 ─by▸ p2"],
    }
    for columns, wanted in expected.items():
        assert [row.text for row in graph(view, columns)][:2] == wanted
