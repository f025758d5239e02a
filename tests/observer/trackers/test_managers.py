"""An identity in a manager is given again; its proxies and its server tell of that in journals of their own."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rockproc.observer.journals.reader import CellState, Record
from rockproc.observer.model import World
from rockproc.observer.source.names import ObjectNames
from rockproc.observer.trackers.managers import ManagerTracker
from rockproc.probe.layout import Kind, What

KEY, SERVER = 77, 5
CLIENT = cast("Any", SimpleNamespace(process=SimpleNamespace(key=1), site=lambda _: None, methods={}))
OBJECTS = 4

Told = tuple[float, Record]


def record(kind: int, a: int, b: int = 0, text: str = "") -> Record:
    return Record(0, 0, KEY, a, b, 0, kind, text.encode())


def lives() -> tuple[list[Told], list[Told]]:
    """What server and client tell, one object after the other: the number n is called n times."""
    server: list[Told] = []
    client: list[Told] = []
    for number in range(1, OBJECTS + 1):
        begin = 10.0 * number
        server.append((begin, record(Kind.STATE, 0, number, "new")))
        client.append((begin + 1, record(Kind.MANAGED, SERVER, text="Box")))
        client.append((begin + 1.5, record(Kind.MANAGED, SERVER, text="Box")))  # another proxy of it
        client += [(begin + 2 + call / 10, record(Kind.CALL, 0, text=f"set({number})")) for call in range(number)]
        server.append((begin + 3, record(Kind.STATE, number, number, f"holds {number}")))
        # Another thread of the server, which was held up meanwhile.
        server.append((begin + 10.5, record(Kind.STATE, number - 1, number, "late")))
    return server, client


@pytest.mark.parametrize("seen_first", itertools.product(range(3 * OBJECTS + 1), range(0, 19, 2)))
def test_either_side_may_be_ahead(seen_first: tuple[int, int]) -> None:
    """Two looks, of which the first has brought so many records of each."""
    server, client = lives()
    parts = server[: seen_first[0]], client[: seen_first[1]]
    rest = server[seen_first[0] :], client[seen_first[1] :]
    world = World()
    tracker = ManagerTracker(world, ObjectNames())
    for look in (parts, rest):
        for at, each in sorted([*look[0], *look[1]], key=lambda told: told[0]):
            tracker.apply(CLIENT, each, at)
    calls = sum(range(1, OBJECTS + 1))
    tracker.count([CellState(KEY, 1, calls, 0, 0, 0, 0, 0, 0, What.MANAGED, 0, 0)])
    assert [(each.calls, each.value, each.last) for each in world.managed.values()] == [
        (number, f"holds {number}", f"set({number})") for number in range(1, OBJECTS + 1)
    ]
