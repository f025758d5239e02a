"""The state of a run at one moment: what the screen draws and the report is written from.

Times are seconds since launch; what is not known is None. Objects are numbered by their identity in the operating
system (see `probe.layout`), so the same Queue has the same `key` in every process.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from .message import Message as Message
from .message import MessageEvent as MessageEvent
from .site import Site as Site
from .stream import Stream


class State(enum.StrEnum):
    """Where a process stands between the making of its handle and its end."""

    CREATED = "created"
    """A handle exists, `start()` was not called: there is no child and no pid."""
    RUNNING = "running"
    WAITING = "waiting"
    """Its main thread is inside an operation that may block; `Process.doing` says which."""
    STOPPED = "stopped"
    """Frozen by SIGSTOP."""
    ZOMBIE = "zombie"
    """Ended, and nobody has asked for its exit status yet."""
    JOINED = "joined"
    """Ended, and its parent has its exit status."""
    GONE = "gone"
    """Ended, and its exit status went to somebody else than the process that made its handle."""

    alive: bool

    def __init__(self, word: str) -> None:
        self.alive = word in ("running", "waiting", "stopped")


class Phase(enum.StrEnum):
    """How far a `multiprocessing.Process` has come in its own life."""

    NONE = ""
    STARTING = "start()"
    BOOTSTRAP = "_bootstrap()"
    RUN = "run()"
    EXITING = "exiting"


@dataclass(frozen=True)
class Doing:
    """An operation that a thread is inside of."""

    op: str
    """The method's own name: `get`, `put`, `recv`, `send`, `acquire`, `wait`, `join`, `poll`; `result` of a pool."""
    object: str
    """The name of the Queue, lock or process it is done to."""
    key: int
    """That object's key; for `join` the key of the process."""
    since: float
    site: Site | None
    thread: int
    """The thread's ident; see `Process.main_thread`."""


@dataclass
class Process:
    key: int
    name: str
    pid: int | None = None
    parent: int | None = None
    """The pid of the process that made the handle, or that forked it."""
    ppid: int | None = None
    """The pid of its parent to the system: another one if a forkserver has forked it, or if the parent has ended."""
    role: str = "process"
    """main, process, fork (a bare `os.fork`), forkserver, resource tracker, or program (a child without a probe)."""
    cls: str | None = None
    target: str | None = None
    args: str | None = None
    start_method: str | None = None
    daemon: bool | None = None
    state: State = State.CREATED
    phase: Phase = Phase.NONE
    created: float | None = None
    started: float | None = None
    ended: float | None = None
    joined: float | None = None
    exitcode: int | None = None
    signal: str | None = None
    """The name of the signal that ended it."""
    site: Site | None = None
    """Where its handle was made."""
    main_thread: int | None = None
    doing: tuple[Doing, ...] = ()
    """What its threads are inside of, the main thread's first. A thread that computes has no entry."""
    idle: str = ""
    """What its main thread waits in that no tap sees, since the system was last asked; see `idle` and `lives`."""
    timed: bool | None = None
    """Whether the wait of its main thread has a time-out; None as long as the system was not asked of this one."""
    line: Site | None = None
    """The line of its present wait if it is `waiting`; otherwise of its last operation, from which it has gone on."""
    pool: int | None = None
    """Key of the pool whose tasks it runs."""
    task: Worker | None = None
    """What it is to that pool, if it runs a task now."""
    probed: bool = False
    cpu: float | None = None
    """Per cent of one core, as `top` counts."""
    cpu_history: tuple[float, ...] = ()
    rss: int | None = None
    """Bytes of resident memory."""
    rss_history: tuple[int, ...] = ()
    threads: int | None = None
    command: str | None = None
    """Its command line, where the process is known from the operating system alone."""
    records: int = 0
    operations: int = 0
    """Exactly counted, most of them with a record, the rest of a fast loop without."""
    dropped: int = 0
    """Records that found no room in the journal."""
    faults: int = 0
    """Errors inside the probe, none of which reached the program."""
    fault: str = ""
    """The first of them."""

    @property
    def waiting(self) -> Doing | None:
        """What its main thread waits for."""
        for doing in self.doing:
            if doing.thread == self.main_thread:
                return doing
        return None


@dataclass
class Channel:
    """A Queue, SimpleQueue, JoinableQueue, Pipe, or a connection to a listener."""

    key: int
    kind: str
    name: str
    ends: tuple[str, str] | None = None
    """Both names of a Pipe."""
    site: Site | None = None
    maxsize: int | None = None
    duplex: bool = False
    """A Pipe whose ends both send and receive."""
    put: int = 0
    got: int = 0
    buffered: int = 0
    """Put, but not yet in the pipe: still in the memory of the process that put it."""
    bytes: int = 0
    rate: float = 0.0
    """Messages received a second, over the last second."""
    depths: tuple[int, ...] = ()
    rates: tuple[float, ...] = ()
    """What both were, twice a second, the newest last."""
    records: int = 0
    """How many of the operations on it left a record."""
    sampled: bool = False
    """Some operations left no record: what is shown of single messages is a part."""
    lost: int = 0
    """Items that a feeder thread could not pickle or send: put, and never to arrive."""
    lost_because: str = ""
    """Why the last of them could not."""
    lost_by: int | None = None
    """Key of the process that put the first of them."""
    lost_site: Site | None = None
    died: int = 0
    """Items that were put, and whose process ended before its feeder thread had brought them into the pipe."""
    died_with: tuple[int, ...] = ()
    """Keys of those processes."""
    died_site: Site | None = None
    """Where the first of them was put."""
    owner: int | None = None
    """Key of the process that made it."""
    address: str = ""
    """Of a connection to a listener: `127.0.0.1:6000`, or a path."""
    internal: bool = False
    """Made by multiprocessing itself for another object (a Pool's queues)."""

    @property
    def depth(self) -> int:
        return max(self.put - self.got - self.lost - self.died, 0)


@dataclass
class SharedValue:
    """A Value, Array, RawValue or RawArray; a SharedMemory or ShareableList."""

    key: int
    kind: str
    name: str
    type: str
    """`int`, `double[100]`, `Point[3]`."""
    site: Site | None = None
    length: int | None = None
    """Of an Array; of a long one `value` holds the beginning."""
    value: object = None
    """Decoded from the shared memory: a number, text, a list, or a dict for a Structure."""
    history: tuple[float, ...] = ()
    """The last values, oldest first, where it is one number."""
    changed: float | None = None
    """When the observer last saw another content."""
    reads: int | None = None
    writes: int | None = None
    """None for raw objects, whose accesses nobody can count."""
    unseen: bool = False
    """Its wrapper is passed by, with `get_obj()` or in a field of an item, so that there are more of both."""
    writer: int | None = None
    """Key of the process that wrote last, where that is known."""
    written: float | None = None
    written_site: Site | None = None
    """When and where that was, as the last write that left a record tells."""
    lock: int | None = None
    owner: int | None = None
    size: int = 0
    segment: str | None = None
    """What the operating system calls a SharedMemory: `psm_12ab34cd`."""
    guess: str = ""
    """What the content of a SharedMemory was taken for: `str`, `int64`, `int32`, `float64`, `bytes`."""
    open_by: tuple[int, ...] = ()
    """Keys of the processes that have it open."""
    opened_by: tuple[int, ...] = ()
    """Keys of those that have or had it open, in that order."""
    closed: float | None = None
    """When nobody had it open any more."""
    unlinked: float | None = None
    """When its name went: nobody can open it again."""
    unlinked_by: int | None = None
    """Key of the process whose `unlink()` that was; None when something else did it, as a resource tracker does."""
    bereft: tuple[int, ...] = ()
    """Keys of those that had it open when something else than the program unlinked it."""
    manager: int | None = None
    """The SharedMemoryManager that will unlink it."""
    layout: str = ""
    """How its bytes are to be read; see `memory.parse_layout`."""
    raw: bytes = b""
    """Of an Array of more numbers than `value` holds, all of them; see `numbers`. Of a very large one: nothing."""
    kept: float | None = None
    """When `raw` was read. It may lag behind `changed`: to keep every moment of a large Array would be too much."""


@dataclass
class Managed:
    """An object that lives in a manager's process and is used through proxies."""

    key: int
    manager: int
    type: str
    """Its type's name at the manager: `dict`, `Namespace`."""
    name: str
    site: Site | None = None
    calls: int = 0
    failed: int = 0
    """Calls that raised."""
    last: str = ""
    """`append(3)`."""
    last_at: float | None = None
    caller: int | None = None
    """Key of the process that made the last call."""
    value: str = ""
    """What it holds, as text: its items, who has it if it is a lock."""
    value_calls: int = 0
    """How many calls it had answered then. What a burst of them has done is told within a second."""
    held_by: Hold | None = None
    """Who has it, if it is a lock, where that is told since the last call. A thread other than the main one is 0."""


@dataclass
class Manager:
    key: int
    cls: str
    name: str
    pid: int
    site: Site | None = None
    alive: bool = True
    """When its process has ended, so has every object in it."""


@dataclass(frozen=True)
class Worker:
    """A process that runs a pool's tasks, or a thread of a ThreadPool."""

    process: int
    name: str
    thread: int = 0
    """0 for a process."""
    alive: bool = True
    running: int = 0
    """Tasks in its hands: more than one where they travel in chunks. Of one that has died: those that were."""
    task: str = ""
    """The call, `square(3)`, of a chunk the first one; the function's name alone where a fast loop leaves no record."""
    since: float | None = None
    done: int = 0
    failed: int = 0

    @property
    def lost(self) -> int:
        """Tasks that it has taken along: nobody will ever have their results."""
        return 0 if self.alive else self.running


@dataclass
class Pool:
    """A Pool, ThreadPool or ProcessPoolExecutor.

    What it counts are tasks: calls that the program has asked for. Each item of a `map` is one.
    """

    key: int
    kind: str
    name: str
    site: Site | None = None
    owner: int | None = None
    """Key of the process that made it."""
    size: int = 0
    """Workers that it is to have."""
    limit: int | None = None
    """Tasks (chunks of them, of a Pool) after which a worker is replaced."""
    workers: tuple[Worker, ...] = ()
    """Those that live, and those that have died with a task in their hands."""
    employed: int = 0
    """Workers that it has had until now."""
    submitted: int = 0
    taken: int = 0
    """Taken up by a worker."""
    done: int = 0
    failed: int = 0
    """Raised, or not to be pickled on the way there or back."""
    cancelled: int = 0
    unsent: int = 0
    """Failed before a worker had them."""
    ended: str = ""
    """closed, terminated, or broken: a worker of an executor has ended."""
    error: str = ""
    """The last exception of a task."""
    broken_by: tuple[int, ...] = ()
    """Keys of the processes with whose end an executor broke."""
    read_by: tuple[int, ...] = ()
    """Keys of the processes that have died while they got a task, perhaps with the lock that is needed for that."""
    stalled: float | None = None
    """Since when tasks have been waiting while no worker has one."""

    @property
    def running(self) -> int:
        return sum(worker.running for worker in self.workers if worker.alive)

    @property
    def lost(self) -> int:
        return sum(worker.lost for worker in self.workers)

    @property
    def unfinished(self) -> int:
        """Taken up and given up: behind the first failure in a chunk, or with a worker that the pool has ended."""
        return max(self.taken - self.done - self.failed + self.unsent - self.running - self.lost, 0)

    @property
    def waiting(self) -> int:
        """Submitted, and not yet taken up. For one that is terminated or broken: never to be."""
        return max(self.submitted - self.taken - self.unsent - self.cancelled, 0)


@dataclass(frozen=True)
class Hold:
    """A thread that holds a lock, or waits for it."""

    process: int
    thread: int
    since: float
    site: Site | None


SIGNALLED = {"Event": "set", "Condition": "notified", "Barrier": "passed"}
"""What `acquired` counts of those that are waited for as such; of the others it counts how often they were taken."""


@dataclass
class Lock:
    """A Lock, RLock, Semaphore, BoundedSemaphore, Condition, Event or Barrier."""

    key: int
    kind: str
    name: str
    site: Site | None = None
    owner: int | None = None
    acquired: int = 0
    """Times; see also `SIGNALLED`."""
    contended: int = 0
    """How many of them had to wait; of what is in `SIGNALLED`, how many waits there were."""
    timed_out: int = 0
    """Waits that ended for nothing."""
    holders: tuple[Hold, ...] = ()
    waiters: tuple[Hold, ...] = ()
    """In the order in which they began to wait."""
    value: int | None = None
    """A semaphore's counter now; for an Event 1 when it is set; for a Barrier its parties."""


@dataclass(frozen=True)
class OutputLine:
    """A line that a process of the run has printed. May hold any character: escape it before it is drawn."""

    at: float
    pid: int | None
    stream: str
    """stdout or stderr."""
    text: str


@dataclass(frozen=True)
class Mark:
    """A moment on the timeline: a birth, a death, a signal."""

    at: float
    kind: str
    """created, started, ended, joined, signal, run, note."""
    process: int
    text: str = ""


@dataclass(frozen=True)
class Span:
    """A stretch of a process's life in one state."""

    process: int
    begin: float
    end: float | None
    state: State
    text: str = ""
    """What it was doing: `get tasks`."""


@dataclass(frozen=True)
class Command:
    """Something that the user did to the run, as the Python it equals."""

    at: float
    python: str
    """`worker_1.terminate()  # SIGTERM to 4127`."""
    result: str = ""
    """Empty when it was done, otherwise why it was not."""


@dataclass(frozen=True)
class Finding:
    """A problem that can be proved or strongly suspected from the world."""

    rule: str
    """A slug: `deadlock`, `zombie`."""
    severity: str
    """error, warning, info."""
    verdict: str
    """certain, orphaned, suspected."""
    message: str
    at: float
    site: Site | None = None
    processes: tuple[int, ...] = ()
    objects: tuple[int, ...] = ()
    mend: str = ""
    """What would break it."""
    active: bool = True
    """False once it has dissolved."""

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from others, and stays when it is told otherwise."""
        return self.rule, self.processes, self.objects


@dataclass(frozen=True)
class Forgotten:
    """How many have been let go, since a long run has too many to keep them all; see `forgetting`."""

    processes: int = 0
    channels: int = 0
    values: int = 0
    locks: int = 0
    managers: int = 0
    managed: int = 0
    pools: int = 0
    findings: int = 0
    operations: int = 0
    """These and the following are sums over those processes."""
    records: int = 0
    dropped: int = 0
    faults: int = 0
    fault: str = ""
    """The first of them, and whose it was."""


HELPERS = ("forkserver", "resource tracker")
"""Roles of processes that multiprocessing starts for itself: they do nothing but what others ask of them."""

OBJECTS = ("processes", "channels", "values", "locks", "managers", "managed", "pools")
"""The collections of a world whose objects have a number for their `key`; that of a Finding is none."""


class RunState(enum.StrEnum):
    STARTING = "starting"
    RUNNING = "running"
    ENDED = "ended"


@dataclass
class World:
    """Everything that is known of a run. Owned by the observer's thread; screens take a `Snapshot`."""

    state: RunState = RunState.STARTING
    now: float = 0.0
    processes: dict[int, Process] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    values: dict[int, SharedValue] = field(default_factory=dict)
    locks: dict[int, Lock] = field(default_factory=dict)
    managers: dict[int, Manager] = field(default_factory=dict)
    managed: dict[int, Managed] = field(default_factory=dict)
    pools: dict[int, Pool] = field(default_factory=dict)
    findings: dict[tuple[object, ...], Finding] = field(default_factory=dict)
    messages: Stream[MessageEvent] = field(default_factory=Stream[MessageEvent])
    output: Stream[OutputLine] = field(default_factory=lambda: Stream(200_000))
    marks: Stream[Mark] = field(default_factory=Stream[Mark])
    spans: dict[int, Stream[Span]] = field(default_factory=dict)
    commands: Stream[Command] = field(default_factory=Stream[Command])
    main: int | None = None
    """Key of the main process."""
    fault: str = ""
    """What went wrong in the observer itself."""
    still: float | None = None
    """Since when, at the least, each thread of each process has been waiting for what only another one could do."""
    forgotten: Forgotten = Forgotten()
    changes: int = 0
    """Of all that is not in a stream."""

    @property
    def version(self) -> int:
        """Grows with every change that is more than the passing of time."""
        return self.changes + self.output.total + self.marks.total + self.commands.total

    @property
    def people(self) -> list[Process]:
        """Those of the program that live."""
        return [each for each in self.processes.values() if each.state.alive and each.role not in HELPERS]

    def busy(self, doing: Doing) -> list[Process]:
        """The workers with a task, of the pool for whose result that waits."""
        if doing.op != "result":
            return []
        return [each for each in self.people if each.task is not None and each.pool == doing.key]

    def joined(self, doing: Doing) -> Process | None:
        """Whom a wait is for the end of. A lock may have the key of a process, and a Queue is joined too."""
        return self.processes.get(doing.key) if doing.op == "join" else None


@dataclass(frozen=True)
class Snapshot:
    """A world held still. Its processes and objects are copies; the streams are shared and only grow."""

    state: RunState
    now: float
    processes: tuple[Process, ...]
    """Parents before their children, siblings in the order of their making."""
    channels: tuple[Channel, ...]
    values: tuple[SharedValue, ...]
    locks: tuple[Lock, ...]
    findings: tuple[Finding, ...]
    messages: Stream[MessageEvent]
    output: Stream[OutputLine]
    marks: Stream[Mark]
    spans: dict[int, Stream[Span]]
    commands: Stream[Command]
    main: Process | None
    records_per_second: float = 0.0
    managers: tuple[Manager, ...] = ()
    managed: tuple[Managed, ...] = ()
    contents: Mapping[int, bytes] = field(default_factory=dict[int, bytes])
    """The bytes of the Arrays that are too large to be kept with every moment of a run, by key."""
    pools: tuple[Pool, ...] = ()
    forgotten: Forgotten = Forgotten()
    version: int | None = None
    """That of the world, where it is known: two snapshots of one version differ in nothing but `now`."""

    def process(self, key: int | None) -> Process | None:
        return next((process for process in self.processes if process.key == key), None)

    def depth(self, process: Process) -> int:
        """How many ancestors of a process are in the tree."""
        parents = {each.pid: each for each in self.processes if each.pid is not None}
        depth, seen = 0, {process.key}
        while process.parent is not None:
            parent = parents.get(process.parent)
            if parent is None or parent.key in seen:
                break
            seen.add(parent.key)
            process, depth = parent, depth + 1
        return depth
