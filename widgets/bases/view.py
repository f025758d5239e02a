"""A snapshot with the look-up tables that all panels share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import msgspec
from msgspec.structs import replace
from rockproc.observer.model import USER, Channel, Lock, Process, RunState, Snapshot, State, StateInterval, Stream
from rockproc.observer.model.keys import ChannelKey, LockKey, ProcessKey

STATE_GLYPHS = {
    State.CREATED: ("○", "dim"),
    State.RUNNING: ("●", "good"),
    State.WAITING: ("◌", "wait"),
    State.STOPPED: ("‖", "stop"),
    State.ZOMBIE: ("✖", "bad"),
    State.JOINED: ("✓", "dim"),
    State.GONE: ("✗", "dim"),
}
"""The glyph of each state, so that a state can be read without colours."""


def state_glyph(process: Process) -> tuple[str, str]:
    """Return the glyph of a process's state and its role. A failed process does not look like a successful one."""
    if process.state in (State.ZOMBIE, State.JOINED, State.GONE) and process.exitcode is not None:
        return ("✖", "bad") if process.exitcode else STATE_GLYPHS[State.JOINED]
    return STATE_GLYPHS[process.state]


SEVERITY_GLYPHS = {"error": ("✖", "bad"), "warning": ("⚠", "warn"), "info": ("·", "accent")}


class View(msgspec.Struct, frozen=True, dict=True):
    """The data of one frame, which is given to every visible panel."""

    snapshot: Snapshot
    processes: dict[ProcessKey, Process] = msgspec.field(default_factory=dict[ProcessKey, Process])
    by_pid: dict[int, Process] = msgspec.field(default_factory=dict[int, Process])
    roles: dict[ProcessKey, str] = msgspec.field(default_factory=dict[ProcessKey, str])
    channels: dict[ChannelKey, Channel] = msgspec.field(default_factory=dict[ChannelKey, Channel])
    locks: dict[LockKey, Lock] = msgspec.field(default_factory=dict[LockKey, Lock])
    moment: float | None = None
    """The moment that the user has rewound to, in seconds since launch; None is the present."""
    keys: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    """The names of keys in texts, by action."""
    started: bool = True
    """False while a run waits until the user starts it."""

    @classmethod
    def of(cls, snapshot: Snapshot, moment: float | None = None, keys: Mapping[str, str] | None = None) -> View:
        return cls(
            snapshot,
            {process.key: process for process in snapshot.processes},
            {process.pid: process for process in snapshot.processes if process.pid is not None},
            _roles(snapshot),
            {channel.key: channel for channel in snapshot.channels},
            {lock.key: lock for lock in snapshot.locks},
            moment,
            keys or {},
        )

    def updated(self, snapshot: Snapshot, keys: Mapping[str, str]) -> View:
        """Return the view of a later snapshot. The look-up tables are reused if only time has passed."""
        before = self.snapshot
        same = snapshot.processes is before.processes and snapshot.channels is before.channels
        if same and snapshot.locks is before.locks and self.moment is None and keys is self.keys:
            return replace(self, snapshot=snapshot)
        return self.of(snapshot, keys=keys)

    def key(self, action: str) -> str:
        """Return the name of an action's key for use in a text."""
        return self.keys.get(action, action)

    @property
    def now(self) -> float:
        return self.snapshot.now

    @property
    def live(self) -> bool:
        return self.snapshot.state is not RunState.ENDED

    @cached_property
    def names(self) -> tuple[object, ...]:
        """The names of all processes, with their pids, and of all channels."""
        processes = ((process.name, process.pid) for process in self.processes.values())
        return (*processes, *(channel.name for channel in self.channels.values()))

    @cached_property
    def only_file(self) -> str | None:
        """The path of the one file in which all processes are, or None if they are in several."""
        paths = {process.line.path for process in self.processes.values() if process.line is not None}
        return paths.pop() if len(paths) == 1 else None

    def is_orphan(self, process: Process) -> bool:
        """Return True if the parent of a process has ended before it: the launcher of main adopts orphans as well."""
        main = self.snapshot.main
        if main is None or main.key == process.key or process.ppid is None:
            return False
        return process.ppid == main.ppid

    def dropped_note(self, *names: str) -> str:
        """Return the part of a title that says how many old objects a long run has dropped."""
        count = sum(getattr(self.snapshot.forgotten, name) for name in names)
        return f" · {count} older not kept" if count else ""

    def who(self, key: ProcessKey | None) -> tuple[str, str]:
        """Return the name of a process and the role of its colour."""
        if key == USER:
            return "you", "accent"
        process = self.processes.get(key) if key is not None else None
        return (process.name, self.roles[process.key]) if process else ("?", "dim")

    def intervals(self, key: ProcessKey) -> Stream[StateInterval] | None:
        return self.snapshot.spans.get(key)


def _roles(snapshot: Snapshot) -> dict[ProcessKey, str]:
    """Return the role of each process's colour. Only the main process has the first one."""
    roles: dict[ProcessKey, str] = {}
    for index, process in enumerate(snapshot.processes):
        roles[process.key] = "who-0" if process is snapshot.main or index == 0 else f"who-{(index - 1) % 5 + 1}"
    return roles


EMPTY_VIEW = View(
    Snapshot(RunState.STARTING, 0.0, (), (), (), (), (), Stream(), Stream(), Stream(), {}, Stream(), None)
)
