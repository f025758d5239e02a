"""A snapshot with what every panel looks up in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from rockproc.observer.model import Channel, Lock, Process, RunState, Snapshot, State, StateInterval, Stream

STATE_GLYPHS = {
    State.CREATED: ("○", "dim"),
    State.RUNNING: ("●", "good"),
    State.WAITING: ("◌", "wait"),
    State.STOPPED: ("‖", "stop"),
    State.ZOMBIE: ("✖", "bad"),
    State.JOINED: ("✓", "dim"),
    State.GONE: ("✗", "dim"),
}
"""A state is told by its glyph as well as by its colour."""


def state_glyph(process: Process) -> tuple[str, str]:
    """The glyph of a process's state and its role. One that failed does not look like one that was done."""
    if process.state in (State.JOINED, State.GONE) and process.exitcode is not None:
        return ("✖", "bad") if process.exitcode else STATE_GLYPHS[State.JOINED]
    return STATE_GLYPHS[process.state]


SEVERITY_GLYPHS = {"error": ("✖", "bad"), "warning": ("⚠", "warn"), "info": ("·", "accent")}


@dataclass(frozen=True)
class View:
    """Made once a frame, given to every panel that shows."""

    snapshot: Snapshot
    processes: dict[int, Process] = field(default_factory=dict[int, Process])
    by_pid: dict[int, Process] = field(default_factory=dict[int, Process])
    roles: dict[int, str] = field(default_factory=dict[int, str])
    channels: dict[int, Channel] = field(default_factory=dict[int, Channel])
    locks: dict[int, Lock] = field(default_factory=dict[int, Lock])
    moment: float | None = None
    """The moment that the user has gone back to, in seconds since launch; None is the present."""
    keys: Mapping[str, str] = field(default_factory=dict[str, str])
    """How texts name them, by action."""

    @classmethod
    def of(cls, snapshot: Snapshot, moment: float | None = None, keys: Mapping[str, str] | None = None) -> View:
        return cls(
            snapshot,
            {process.key: process for process in snapshot.processes},
            {process.pid: process for process in snapshot.processes if process.pid is not None},
            {process.key: f"who-{index % 6}" for index, process in enumerate(snapshot.processes)},
            {channel.key: channel for channel in snapshot.channels},
            {lock.key: lock for lock in snapshot.locks},
            moment,
            keys or {},
        )

    def later(self, snapshot: Snapshot, keys: Mapping[str, str]) -> View:
        """That of a snapshot taken later; where time alone has passed, what is looked up is the same."""
        before = self.snapshot
        same = snapshot.processes is before.processes and snapshot.channels is before.channels
        if same and snapshot.locks is before.locks and self.moment is None and keys is self.keys:
            return replace(self, snapshot=snapshot)
        return self.of(snapshot, keys=keys)

    def key(self, action: str) -> str:
        """How a text names the key of an action."""
        return self.keys.get(action, action)

    @property
    def now(self) -> float:
        return self.snapshot.now

    @property
    def live(self) -> bool:
        return self.snapshot.state is not RunState.ENDED

    @cached_property
    def called(self) -> tuple[object, ...]:
        """The names of all processes, with their pids, and of all channels."""
        processes = ((each.name, each.pid) for each in self.processes.values())
        return (*processes, *(each.name for each in self.channels.values()))

    def is_orphan(self, process: Process) -> bool:
        """Whether its parent has ended before it. What has launched main takes orphans in, too."""
        main = self.snapshot.main
        if main is None or main is process or process.ppid is None:
            return False
        return process.ppid == main.ppid

    def not_kept(self, *names: str) -> str:
        """What a title says of a list, of which a long run keeps the newest."""
        count = sum(getattr(self.snapshot.forgotten, name) for name in names)
        return f" · {count} older not kept" if count else ""

    def who(self, key: int | None) -> tuple[str, str]:
        """A process's name and its colour."""
        process = self.processes.get(key) if key is not None else None
        return (process.name, self.roles[process.key]) if process else ("?", "dim")

    def spans(self, key: int) -> Stream[StateInterval] | None:
        return self.snapshot.spans.get(key)


EMPTY_VIEW = View(
    Snapshot(RunState.STARTING, 0.0, (), (), (), (), (), Stream(), Stream(), Stream(), {}, Stream(), None)
)
