"""Decide whether a snapshot shows what a step of a scenario asks for.

The vocabulary of `see`: `finding` (a rule); `process` with `state`, `signal`, `exitcode` and `start_method`; `channel`
with `min_depth`, `min_got`; `value` with `equals`; `lock` with `min_contended`; `pool` with `min_done`, `min_failed`,
`min_lost` and `min_workers`, of all that it has had. Names and methods may be patterns, `worker-*`. All that is named
must be true in the same snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the Catalog is there before there is a world
    from ..model import Channel, Lock, Pool, Process, SharedValue, Snapshot

See = Mapping[str, object]
_ZOMBIE_SECONDS = 0.5
"""Seconds that a zombie must be there to be seen."""

_ADDED = {
    "process": ("state", "signal", "exitcode", "start_method"),
    "channel": ("min_depth", "min_got"),
    "value": ("equals",),
    "lock": ("min_contended",),
    "pool": ("min_done", "min_failed", "min_lost", "min_workers"),
    "finding": (),
}


def unknown(see: See) -> list[str]:
    """Return the keys of a condition that are unknown, or that need another key."""
    meant = {*_ADDED, *(added for subject in see if subject in _ADDED for added in _ADDED[subject])}
    return [word for word in see if word not in meant]


def seen(see: See, snapshot: Snapshot) -> bool:
    """Return whether the snapshot shows it; never for a condition that is not understood."""
    if unknown(see):
        return False
    subjects = [_SUBJECTS[word](see, snapshot) for word in see if word in _SUBJECTS]
    return bool(subjects) and all(subjects)


def _finding(see: See, snapshot: Snapshot) -> bool:
    return any(finding.rule == see["finding"] for finding in snapshot.findings)


def _process(see: See, snapshot: Snapshot) -> bool:
    def holds(process: Process) -> bool:
        return (
            _fits(process.name, see["process"])
            and ("start_method" not in see or _fits(process.start_method or "", see["start_method"]))
            and see.get("state", process.state.value) == process.state.value
            and not ("state" in see and _is_brief_zombie(process, snapshot))
            and ("signal" not in see or process.signal == see["signal"])
            and ("exitcode" not in see or process.exitcode == see["exitcode"])
        )

    return any(holds(process) for process in snapshot.processes)


def _is_brief_zombie(process: Process, snapshot: Snapshot) -> bool:
    """Return True for a zombie that existed too briefly to be seen: a forkserver collects its children at once."""
    return process.state == "zombie" and snapshot.now - (process.ended or 0.0) < _ZOMBIE_SECONDS


def _channel(see: See, snapshot: Snapshot) -> bool:
    def holds(channel: Channel) -> bool:
        named = any(_fits(name, see["channel"]) for name in (channel.name, *(channel.ends or ())))
        return named and _least(see, "min_depth", channel.depth) and _least(see, "min_got", channel.got)

    return any(holds(channel) for channel in snapshot.channels)


def _value(see: See, snapshot: Snapshot) -> bool:
    def holds(value: SharedValue) -> bool:
        return _fits(value.name, see["value"]) and ("equals" not in see or value.value == see["equals"])

    return any(holds(value) for value in snapshot.values)


def _lock(see: See, snapshot: Snapshot) -> bool:
    def holds(lock: Lock) -> bool:
        return _fits(lock.name, see["lock"]) and _least(see, "min_contended", lock.contended)

    return any(holds(lock) for lock in snapshot.locks)


def _pool(see: See, snapshot: Snapshot) -> bool:
    def holds(pool: Pool) -> bool:
        counts = {
            "min_done": pool.done,
            "min_failed": pool.failed,
            "min_lost": pool.lost,
            "min_workers": pool.employed,
        }
        return _fits(pool.name, see["pool"]) and all(_least(see, word, count) for word, count in counts.items())

    return any(holds(pool) for pool in snapshot.pools)


def _fits(name: str, pattern: object) -> bool:
    return name == pattern or (isinstance(pattern, str) and fnmatchcase(name, pattern))


def _least(see: See, word: str, number: int) -> bool:
    least = see.get(word)
    return least is None or (isinstance(least, (int, float)) and number >= least)


_SUBJECTS: dict[str, Callable[[See, Snapshot], bool]] = {
    "finding": _finding,
    "process": _process,
    "channel": _channel,
    "value": _value,
    "lock": _lock,
    "pool": _pool,
}
