"""An immutable view of a world, for screens, reports and recordings."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from .channel import Channel
from .command import Command
from .finding import Finding
from .forgotten import Forgotten
from .keys import ProcessKey, ValueKey
from .lock import Lock
from .manager import ManagedObject, Manager
from .message import MessageEvent
from .output_line import OutputLine
from .pool import Pool
from .process import Process
from .run_state import RunState
from .shared_value import SharedValue
from .stream import Stream
from .timeline import StateInterval, ThreadChange, TimelineMark


class Snapshot(msgspec.Struct, frozen=True):
    """An immutable view of a world. Its processes and objects are copies; the streams are shared and only grow."""

    state: RunState
    now: float
    processes: tuple[Process, ...]
    """The processes: parents before their children, siblings in the order of their creation."""
    channels: tuple[Channel, ...]
    values: tuple[SharedValue, ...]
    locks: tuple[Lock, ...]
    findings: tuple[Finding, ...]
    messages: Stream[MessageEvent]
    output: Stream[OutputLine]
    marks: Stream[TimelineMark]
    spans: dict[ProcessKey, Stream[StateInterval]]
    commands: Stream[Command]
    main: Process | None
    records_per_second: float = 0.0
    managers: tuple[Manager, ...] = ()
    managed: tuple[ManagedObject, ...] = ()
    contents: Mapping[ValueKey, bytes] = msgspec.field(default_factory=dict[ValueKey, bytes])
    """The bytes of the Arrays that are too large to be kept with every moment of a run, by key."""
    pools: tuple[Pool, ...] = ()
    forgotten: Forgotten = msgspec.field(default_factory=Forgotten)
    main_cannot_finish: float | None = None
    """The moment since which it is proved that the main process can never finish; None while it is not."""
    thread_changes: Stream[ThreadChange] = msgspec.field(default_factory=Stream[ThreadChange])
    version: int | None = None
    """The version of the world, if known: two snapshots with the same version differ in nothing but `now`."""

    def process(self, key: ProcessKey | None) -> Process | None:
        return next((process for process in self.processes if process.key == key), None)

    def depth(self, process: Process) -> int:
        """Return how many ancestors of a process are in the tree."""
        parents = {process.pid: process for process in self.processes if process.pid is not None}
        depth, seen = 0, {process.key}
        while process.parent is not None:
            parent = parents.get(process.parent)
            if parent is None or parent.key in seen:
                break
            seen.add(parent.key)
            process, depth = parent, depth + 1
        return depth
