"""The objects of a recording as they stand in the file, independent of the model.

The names here are the names in files: they stay, whatever the model calls its fields. `conversion.py` says which field
of the model each of them is. A field that is added here has a default, so that files without it can still be read.

A recording may come from anybody, so every list is bounded before it is decoded, and every number is finite.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from ..model import Site

MAX_NESTED = 10_000
MAX_SECONDS = 1e12

Seconds = Annotated[float, msgspec.Meta(ge=-MAX_SECONDS, le=MAX_SECONDS)]
"""A time since the launch. Neither infinite nor NaN."""
Number = Annotated[float, msgspec.Meta(ge=-1e308, le=1e308)]
Numbers = Annotated[tuple[float, ...], msgspec.Meta(max_length=MAX_NESTED)]
Counts = Annotated[tuple[int, ...], msgspec.Meta(max_length=MAX_NESTED)]
Keys = Annotated[tuple[int, ...], msgspec.Meta(max_length=MAX_NESTED)]
Names = Annotated[tuple[str, ...], msgspec.Meta(max_length=MAX_NESTED)]


class Wait(msgspec.Struct, omit_defaults=True, gc=False):
    """A wait of a thread."""

    op: str
    object: str
    key: int
    since: Seconds
    site: Site | None
    thread: int
    timed: bool | None = None
    end: int = 0
    keys: Keys = ()
    nested: bool = False
    together: int = 0


class Worker(msgspec.Struct, omit_defaults=True, gc=False):
    """A worker of a pool."""

    process: int
    name: str
    thread: int = 0
    alive: bool = True
    running: int = 0
    task: str = ""
    since: Seconds | None = None
    done: int = 0
    failed: int = 0


class Hold(msgspec.Struct, omit_defaults=True, gc=False):
    """A thread that holds a lock, or waits for it."""

    process: int
    thread: int
    since: Seconds
    site: Site | None


class SentSignal(msgspec.Struct, omit_defaults=True, gc=False):
    """A call of `terminate()` or `kill()` of a process."""

    name: str
    sender: str
    at: Seconds
    site: Site | None


class SignalHandler(msgspec.Struct, omit_defaults=True, gc=False):
    """A function of the program that handles a signal."""

    signal: str
    function: str
    site: Site | None
    calls: Annotated[tuple[str, ...], msgspec.Meta(max_length=MAX_NESTED)] = ()
    last_line: int = 0


class ThreadCpu(msgspec.Struct, omit_defaults=True, gc=False):
    """The CPU that a thread uses."""

    number: int
    name: str
    seconds: Number
    percent: Number | None = None
    started: Seconds | None = None


class ThreadState(msgspec.Struct, omit_defaults=True, gc=False):
    """A thread that is inside of no tapped operation."""

    number: int
    ident: int | None
    blocked: str
    since: Seconds
    confirmed: bool = False
    name: str = ""


class Process(msgspec.Struct, omit_defaults=True, gc=False):
    """A process."""

    key: int
    name: str
    pid: int | None = None
    parent: int | None = None
    ppid: int | None = None
    role: str = "process"
    cls: str | None = None
    target: str | None = None
    args: str | None = None
    start_method: str | None = None
    daemon: bool | None = None
    state: str = "created"
    phase: str = ""
    created: Seconds | None = None
    started: Seconds | None = None
    ended: Seconds | None = None
    joined: Seconds | None = None
    exitcode: int | None = None
    signal: str | None = None
    site: Site | None = None
    ran: bool = False
    main_thread: int | None = None
    doing: Annotated[tuple[Wait, ...], msgspec.Meta(max_length=MAX_NESTED)] = ()
    idle: str = ""
    timed: bool | None = None
    line: Site | None = None
    pool: int | None = None
    task: Worker | None = None
    known_only_by_pid: bool = False
    probed: bool = False
    inspected: bool = False
    inspection: str = ""
    unobserved: str | None = None
    cpu: Number | None = None
    cpu_history: Numbers = ()
    rss: int | None = None
    rss_history: Counts = ()
    computes_since: Seconds | None = None
    cpu_user: Number | None = None
    cpu_system: Number | None = None
    threads: int | None = None
    command: str | None = None
    records: int = 0
    operations: int = 0
    dropped: int = 0
    faults: int = 0
    fault: str = ""
    python: str = ""
    failed_taps: Names = ()
    subinterpreters: int = 0
    handlers: Annotated[tuple[SignalHandler, ...], msgspec.Meta(max_length=MAX_NESTED)] = ()
    other_threads: Annotated[tuple[ThreadState, ...], msgspec.Meta(max_length=MAX_NESTED)] | None = None
    terminated: Seconds | None = None
    exitcode_read: bool = False
    error: str = ""
    error_site: Site | None = None
    library_site: Site | None = None
    thread_cpu: Annotated[tuple[ThreadCpu, ...], msgspec.Meta(max_length=MAX_NESTED)] = ()
    ignores_sigterm: bool = False
    out_of_memory: bool = False
    start_site: Site | None = None
    several_threads: Seconds | None = None
    joined_at_exit: bool = False
    sent_signal: SentSignal | None = None


class Channel(msgspec.Struct, omit_defaults=True, gc=False):
    """A queue, a pipe, or a connection."""

    key: int
    kind: str
    name: str
    ends: tuple[str, str] | None = None
    site: Site | None = None
    maxsize: int | None = None
    duplex: bool = False
    put: int = 0
    got: int = 0
    buffered: int = 0
    bytes: int = 0
    rate: Number = 0.0
    depths: Counts = ()
    rates: Numbers = ()
    records: int = 0
    sampled: bool = False
    lost: int = 0
    lost_because: str = ""
    lost_by: int | None = None
    lost_site: Site | None = None
    died: int = 0
    died_with: Keys = ()
    died_site: Site | None = None
    ended_reading: Keys = ()
    ended_writing: Keys = ()
    owner: int | None = None
    address: str = ""
    internal: bool = False
    shared_with_unobserved: Keys = ()
    library_site: Site | None = None
    until_empty: Site | None = None
    pipe_bytes: int | None = None
    pipe_capacity: int | None = None


class SharedValue(msgspec.Struct, omit_defaults=True, gc=False):
    """A shared value, array, or piece of shared memory."""

    key: int
    kind: str
    name: str
    type: str
    site: Site | None = None
    length: int | None = None
    value: msgspec.Raw = msgspec.Raw(b"\xc0")
    history: Numbers = ()
    changed: Seconds | None = None
    reads: int | None = None
    writes: int | None = None
    unseen: bool = False
    writer: int | None = None
    written: Seconds | None = None
    written_site: Site | None = None
    lock: int | None = None
    owner: int | None = None
    size: int = 0
    segment: str | None = None
    guess: str = ""
    open_by: Keys = ()
    opened_by: Keys = ()
    closed: Seconds | None = None
    unlinked: Seconds | None = None
    unlinked_by: int | None = None
    bereft: Keys = ()
    manager: int | None = None
    layout: str = ""
    raw: bytes = b""
    kept: Seconds | None = None
    internal: bool = False
    shared_with_unobserved: Keys = ()
    library_site: Site | None = None


class Lock(msgspec.Struct, omit_defaults=True, gc=False):
    """A lock, semaphore, condition, event or barrier."""

    key: int
    kind: str
    name: str
    site: Site | None = None
    owner: int | None = None
    acquired: int = 0
    contended: int = 0
    timed_out: int = 0
    holders: Annotated[tuple[Hold, ...], msgspec.Meta(max_length=MAX_NESTED)] = ()
    waiters: Annotated[tuple[Hold, ...], msgspec.Meta(max_length=MAX_NESTED)] = ()
    value: int | None = None
    internal: bool = False
    shared_with_unobserved: Keys = ()
    library_site: Site | None = None


class Pool(msgspec.Struct, omit_defaults=True, gc=False):
    """A pool or an executor."""

    key: int
    kind: str
    name: str
    site: Site | None = None
    owner: int | None = None
    size: int = 0
    limit: int | None = None
    workers: Annotated[tuple[Worker, ...], msgspec.Meta(max_length=MAX_NESTED)] = ()
    employed: int = 0
    submitted: int = 0
    taken: int = 0
    done: int = 0
    failed: int = 0
    cancelled: int = 0
    iterables: int = 0
    nothing_on_its_way: bool = False
    handover_thread: int | None = None
    handover_ended: bool = False
    ended_without_task: int = 0
    untouched: Seconds | None = None
    unsent: int = 0
    asked: int = 0
    ended: str = ""
    error: str = ""
    handover_error: str = ""
    handover_site: Site | None = None
    callback_raised: bool = False
    broken_by: Keys = ()
    read_by: Keys = ()
    stalled: Seconds | None = None
    internal: bool = False
    shared_with_unobserved: Keys = ()
    library_site: Site | None = None


class Manager(msgspec.Struct, omit_defaults=True, gc=False):
    """A manager."""

    key: int
    cls: str
    name: str
    pid: int
    site: Site | None = None
    alive: bool = True
    extended: bool = False


class ChangedCopy(msgspec.Struct, omit_defaults=True, gc=False):
    """A line that has changed a copy of what an object of a manager holds."""

    site: Site
    text: str


class LostItem(msgspec.Struct, omit_defaults=True, gc=False):
    """A line whose writes of an item in a manager have overwritten what their threads had not read."""

    item: str
    site: Site
    read_line: int
    count: int


class SharedItem(msgspec.Struct, omit_defaults=True, gc=False):
    """A line by which a process updates an item in a manager that others update meanwhile."""

    item: str
    process: int
    site: Site
    read_line: int


class ManagedObject(msgspec.Struct, omit_defaults=True, gc=False):
    """An object in a manager's server."""

    key: int
    manager: int
    type: str
    name: str
    site: Site | None = None
    calls: int = 0
    failed: int = 0
    last: str = ""
    last_at: Seconds | None = None
    caller: int | None = None
    value: str = ""
    replaced: bool = False
    uncounted: bool = False
    value_calls: int = 0
    held_by: Hold | None = None
    changed_copies: Annotated[tuple[ChangedCopy, ...], msgspec.Meta(max_length=MAX_NESTED)] = ()
    lost_items: Annotated[tuple[LostItem, ...], msgspec.Meta(max_length=MAX_NESTED)] = ()
    shared_items: Annotated[tuple[SharedItem, ...], msgspec.Meta(max_length=MAX_NESTED)] = ()


class Finding(msgspec.Struct, omit_defaults=True, gc=False):
    """A finding."""

    rule: str
    severity: str
    verdict: str
    message: str
    at: Seconds
    site: Site | None = None
    processes: Keys = ()
    objects: Keys = ()
    mend: str = ""
    active: bool = True
    fields: Annotated[dict[str, str], msgspec.Meta(max_length=MAX_NESTED)] = {}


class Forgotten(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Counts of what is no longer kept."""

    processes: int = 0
    channels: int = 0
    values: int = 0
    locks: int = 0
    managers: int = 0
    managed: int = 0
    pools: int = 0
    findings: int = 0
    operations: int = 0
    records: int = 0
    dropped: int = 0
    faults: int = 0
    unobserved: int = 0
    unobserved_parts: int = 0
    subinterpreters: int = 0
    fault: str = ""


class TimelineMark(msgspec.Struct, omit_defaults=True, gc=False):
    """A moment on the timeline."""

    at: Seconds
    kind: str
    process: int
    text: str = ""


class StateInterval(msgspec.Struct, omit_defaults=True, gc=False):
    """A stretch of time that a process spent in one state."""

    process: int
    begin: Seconds
    end: Seconds | None
    state: str
    text: str = ""


class ThreadChange(msgspec.Struct, omit_defaults=True, gc=False):
    """The moment at which a thread other than the main thread of a process begins to do something else."""

    process: int
    thread: int
    at: Seconds
    state: str
    text: str = ""


class Command(msgspec.Struct, omit_defaults=True, gc=False):
    """A signal that was sent or an intervention, as Python."""

    at: Seconds
    python: str
    result: str = ""


class OutputLine(msgspec.Struct, omit_defaults=True, gc=False):
    """A line that the program has printed."""

    at: Seconds
    pid: int | None
    stream: str
    text: str
