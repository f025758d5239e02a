"""Finds objects of a snapshot by name. `ALL` parametrizes every Python and start method, most of them slow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import pytest
from rockproc.observer.model import Channel, Lock, Process, SharedValue, Snapshot
from rockproc.observer.model.keys import ProcessKey

from tests.probe.conftest import ways

ALL = pytest.mark.parametrize(("version", "method"), ways())


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_N = TypeVar("_N", bound=_Named)


def _one(things: Sequence[_N], name: str) -> _N:
    (found,) = (thing for thing in things if thing.name == name)
    return found


def process(snapshot: Snapshot, name: str) -> Process:
    return _one(snapshot.processes, name)


def channel(snapshot: Snapshot, name: str) -> Channel:
    return _one(snapshot.channels, name)


def lock(snapshot: Snapshot, name: str) -> Lock:
    return _one(snapshot.locks, name)


def value(snapshot: Snapshot, name: str) -> SharedValue:
    return _one(snapshot.values, name)


def name_of(snapshot: Snapshot, key: ProcessKey | None) -> str:
    found = snapshot.process(key)
    return found.name if found is not None else ""
