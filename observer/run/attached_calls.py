"""Calls of the objects of managers in a running program, since the probe was loaded into it."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec
from rockproc.probe import records
from rockproc.probe.layout import MANAGED_CALLS, MANAGED_FAILED, Kind

from ..journals.reader import CellState, Record
from ..model import World
from ..model.keys import ManagedKey, ProcessKey

_KEY_BITS = 32


class _LastCall(msgspec.Struct):
    call: str
    at: float
    caller: ProcessKey


class AttachedCalls:
    """Keeps the calls by the keys that a reading from outside gives to the objects of managers."""

    def __init__(self) -> None:
        self._keys: dict[int, ManagedKey] = {}
        """The keys from outside by the keys of the probe."""
        self._last: dict[int, _LastCall] = {}
        """The last call that has returned, by the probe's key of the object."""
        self._calls: Counter[int] = Counter()
        self._failed: Counter[int] = Counter()

    def set_keys(self, keys: Mapping[tuple[str, str], ManagedKey]) -> None:
        """Take over the keys from outside, by the address of the server and the identity of the object there."""
        self._keys = {_probe_key(*place): key for place, key in keys.items()}

    def apply(self, pid: int, record: Record, at: float) -> None:
        if record.kind == Kind.CALL:
            self._last[record.key] = _LastCall(records.Call.unpack(record).call, at, ProcessKey(pid))

    def count(self, cells: Iterable[CellState]) -> None:
        """Replace the cells of all processes by their current ones."""
        self._calls, self._failed = Counter(), Counter()
        for cell in cells:
            self._calls[cell.key] += cell[MANAGED_CALLS] + cell[MANAGED_FAILED]
            self._failed[cell.key] += cell[MANAGED_FAILED]

    def add_to(self, world: World) -> None:
        """Add the counts and the last calls to the objects of a world that was read from outside."""
        for probe_key, key in self._keys.items():
            managed = world.managed.get(key)
            if managed is None:
                continue
            managed.calls, managed.failed = self._calls[probe_key], self._failed[probe_key]
            last = self._last.get(probe_key)
            if last is not None:
                managed.last, managed.last_at, managed.caller = last.call, last.at, last.caller


def _probe_key(address: str, identity: str) -> int:
    """Return the key that the probe gives to an object. A network address counts by its port."""
    server = address.rpartition(":")[2] if not address.startswith(("/", "\0")) else address
    return _checksum(server) << _KEY_BITS | _checksum(identity)


def _checksum(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "replace"))
