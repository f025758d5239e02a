"""The state of a run at one moment, from which the screen and the report are made.

Times are seconds since launch; what is not known is None. The key of an object is made of its identity in the operating
system (see `probe.layout`), so the same Queue has the same `key` in every process.
"""

from __future__ import annotations

import msgspec

from .access import Access, Thread
from .channel import Channel
from .command import Command
from .finding import Finding
from .forgotten import Forgotten
from .keys import ChannelKey, LockKey, ManagedKey, ManagerKey, PoolKey, ProcessKey, ValueKey
from .lock import Lock
from .lock_order import LockOrder
from .manager import ManagedObject, Manager
from .message import MessageEvent
from .output_line import OutputLine
from .pool import Pool
from .process import HELPER_ROLES, Process, Wait
from .repeated_read import RepeatedRead
from .run_state import RunState
from .shared_value import SharedValue
from .stream import Stream
from .thread_state import BlockedPlace, ConnectionEnd
from .timeline import StateInterval, ThreadChange, TimelineMark
from .unshared_change import UnsharedChange
from .update import Updates

OBJECTS = ("processes", "channels", "values", "locks", "managers", "managed", "pools")
"""The names of a world's collections whose objects have a number as their `key`; that of a Finding is a tuple."""


class World(msgspec.Struct):
    """Everything that is known about a run. The observer's thread owns it; screens take a `Snapshot`."""

    state: RunState = RunState.STARTING
    now: float = 0.0
    processes: dict[ProcessKey, Process] = msgspec.field(default_factory=dict)
    channels: dict[ChannelKey, Channel] = msgspec.field(default_factory=dict)
    values: dict[ValueKey, SharedValue] = msgspec.field(default_factory=dict)
    locks: dict[LockKey, Lock] = msgspec.field(default_factory=dict)
    managers: dict[ManagerKey, Manager] = msgspec.field(default_factory=dict)
    managed: dict[ManagedKey, ManagedObject] = msgspec.field(default_factory=dict)
    pools: dict[PoolKey, Pool] = msgspec.field(default_factory=dict)
    findings: dict[tuple[object, ...], Finding] = msgspec.field(default_factory=dict)
    messages: Stream[MessageEvent] = msgspec.field(default_factory=Stream[MessageEvent])
    output: Stream[OutputLine] = msgspec.field(default_factory=lambda: Stream(200_000))
    marks: Stream[TimelineMark] = msgspec.field(default_factory=Stream[TimelineMark])
    spans: dict[ProcessKey, Stream[StateInterval]] = msgspec.field(default_factory=dict)
    thread_changes: Stream[ThreadChange] = msgspec.field(default_factory=Stream[ThreadChange])
    commands: Stream[Command] = msgspec.field(default_factory=Stream[Command])
    main: ProcessKey | None = None
    """Key of the main process."""
    cores: int = 0
    """The number of cores that the program may use; 0 where that is not known."""
    fault: str = ""
    """The first fault of the observer itself."""
    access: dict[int, Access] = msgspec.field(default_factory=dict[int, "Access"])
    """The threads and processes that can reach an object, by its key."""
    open_ends: dict[int, dict[ProcessKey, tuple[bool, bool]]] = msgspec.field(
        default_factory=dict[int, dict[ProcessKey, tuple[bool, bool]]]
    )
    """The ends of each pipe that somebody waits for, by the inode of the awaited end, and by the key of a process:
    whether the process can receive there, and whether it can send what is received there; as the kernel last said.
    A process that is not in it may have the end open or not."""
    examined: set[ProcessKey] = msgspec.field(default_factory=set[ProcessKey])
    """Processes of spawn and forkserver of which the kernel was asked what they have open. Others of them may have been
    passed more objects than `access` says."""
    thread_calls: dict[Thread, frozenset[str]] = msgspec.field(default_factory=dict[Thread, frozenset[str]])
    """The methods that the functions of a thread may call and that can end a wait of another thread, as their source
    shows: `done.set`. Only of processes that are read from outside, whose earlier calls are not known."""
    blocked_places: dict[Thread, BlockedPlace] = msgspec.field(default_factory=dict[Thread, BlockedPlace])
    """The lines of threads that wait for another thread of their process, as far as they could be read."""
    connection_ends: dict[Thread, ConnectionEnd] = msgspec.field(default_factory=dict[Thread, ConnectionEnd])
    """The other ends of the connections in whose `recv()` threads wait, where processes of the run have these open."""
    threads_seen_at: dict[ProcessKey, float] = msgspec.field(default_factory=dict[ProcessKey, float])
    """The moment at which the kernel was last asked for `Process.other_threads`, by the key of the process."""
    inspected_at: float | None = None
    """The moment at which processes without a probe were last inspected from outside; None if there are none."""
    lock_orders: dict[tuple[Thread, LockKey, LockKey], LockOrder] = msgspec.field(
        default_factory=dict[tuple[Thread, LockKey, LockKey], LockOrder]
    )
    """Pairs of locks of which a thread has acquired the second while it held the first."""
    updates: dict[ValueKey, Updates] = msgspec.field(default_factory=dict[ValueKey, Updates])
    """The updates of each Value that a process has written after it had read it."""
    repeated_reads: dict[ProcessKey, RepeatedRead] = msgspec.field(default_factory=dict[ProcessKey, RepeatedRead])
    """Processes that do nothing but read one Value or ask one Event, again and again."""
    unshared: dict[tuple[object, ...], UnsharedChange] = msgspec.field(
        default_factory=dict[tuple[object, ...], UnsharedChange]
    )
    """Ordinary variables that one process changes and another one reads, as if they were shared."""
    main_cannot_finish: float | None = None
    """The moment since which it is proved that the main process can never finish; None while it is not."""
    forgotten: Forgotten = msgspec.field(default_factory=Forgotten)
    changes: int = 0
    """The number of changes outside of the streams."""

    @property
    def version(self) -> int:
        """A number that grows with every change other than the passing of time."""
        return self.changes + self.output.total + self.marks.total + self.commands.total

    @property
    def main_process(self) -> Process | None:
        return self.processes.get(self.main) if self.main is not None else None

    @property
    def living_processes(self) -> list[Process]:
        """The living processes of the program, without the helpers of multiprocessing."""
        return [
            process for process in self.processes.values() if process.state.alive and process.role not in HELPER_ROLES
        ]

    def busy(self, wait: Wait) -> list[Process]:
        """Return the workers with a task, in the pool for whose result the thread waits."""
        if wait.op != "result":
            return []
        return [process for process in self.living_processes if process.task is not None and process.pool == wait.key]

    def joined(self, wait: Wait) -> Process | None:
        """Return the process that a `join` waits for; None for other waits, whose keys could equal a process's key."""
        return self.processes.get(ProcessKey(wait.key)) if wait.op == "join" else None
