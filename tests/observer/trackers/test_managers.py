"""A manager reuses the identity of a deleted object; proxies and server report that in separate journals."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import pytest
from rockproc.observer.journals.reader import CellState, Record
from rockproc.observer.model import World
from rockproc.observer.source.names import ObjectNames
from rockproc.observer.trackers.managers import ManagerTracker
from rockproc.probe.layout import CellKind
from rockproc.probe.records import Call, Managed, State

from tests.observer.journals import read

KEY, SERVER = 77, 5
CLIENT = cast("Any", SimpleNamespace(process=SimpleNamespace(key=1), site=Mock(return_value=None), methods={}))
OBJECTS = 4

TimedRecord = tuple[float, Record]


def state(calls: int, number: int, text: str) -> Record:
    return read(State(calls, number, 0, False, text), KEY)


def lives() -> tuple[list[TimedRecord], list[TimedRecord]]:
    """Return the records of server and client about one object after another; object number n is called n times."""
    server: list[TimedRecord] = []
    client: list[TimedRecord] = []
    for number in range(1, OBJECTS + 1):
        begin = 10.0 * number
        server.append((begin, state(0, number, "new")))
        client.append((begin + 1, read(Managed(SERVER, "Box"), KEY)))
        client.append((begin + 1.5, read(Managed(SERVER, "Box"), KEY)))  # another proxy of it
        client += [(begin + 2 + call / 10, read(Call(0, call + 1, f"set({number})"), KEY)) for call in range(number)]
        server.append((begin + 3, state(number, number, f"holds {number}")))
        # Another thread of the server, which was held up meanwhile.
        server.append((begin + 10.5, state(number - 1, number, "late")))
    return server, client


@pytest.mark.parametrize("seen_first", itertools.product(range(3 * OBJECTS + 1), range(0, 19, 2)))
def test_journals_of_server_and_client_may_be_read_in_any_order(seen_first: tuple[int, int]) -> None:
    """The journals are read in two polls. `seen_first` has the number of records of each in the first poll."""
    server, client = lives()
    parts = server[: seen_first[0]], client[: seen_first[1]]
    rest = server[seen_first[0] :], client[seen_first[1] :]
    world = World()
    tracker = ManagerTracker(world, ObjectNames())
    for look in (parts, rest):
        for at, event in sorted([*look[0], *look[1]], key=lambda timed_record: timed_record[0]):
            tracker.apply(CLIENT, event, at)
    calls = sum(range(1, OBJECTS + 1))
    tracker.count([CellState(KEY, 1, calls, 0, 0, 0, 0, 0, 0, CellKind.MANAGED, 0, 0)])
    assert [(item.calls, item.value, item.last) for item in world.managed.values()] == [
        (number, f"holds {number}", f"set({number})") for number in range(1, OBJECTS + 1)
    ]
