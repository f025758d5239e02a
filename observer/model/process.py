"""A process of the run, its state, and the operations that its threads are inside of."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import msgspec

from .keys import PoolKey, ProcessKey
from .pool import Worker
from .sent_signal import SentSignal
from .signal_handler import SignalHandler
from .site import Site
from .thread_cpu import ThreadCpu
from .thread_state import ThreadState


class State(enum.StrEnum):
    """The state of a process, from the creation of its handle to its end."""

    CREATED = "created"
    """A handle exists and `start()` was not called, so there is no child and no pid."""
    RUNNING = "running"
    WAITING = "waiting"
    """Its main thread is inside an operation that may block; `Process.waits` says which."""
    STOPPED = "stopped"
    """Frozen by SIGSTOP."""
    ZOMBIE = "zombie"
    """Ended, and its parent has not collected its exit status yet."""
    JOINED = "joined"
    """Ended, and its parent has its exit status."""
    GONE = "gone"
    """Ended, and another process than the one that made its handle has collected its exit status."""

    alive: bool

    def __init__(self, word: str) -> None:
        self.alive = word in ("running", "waiting", "stopped")


TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.CREATED: frozenset({State.RUNNING}),
    State.RUNNING: frozenset({State.WAITING, State.STOPPED, State.ZOMBIE, State.JOINED, State.GONE}),
    State.WAITING: frozenset({State.RUNNING, State.STOPPED, State.ZOMBIE, State.JOINED, State.GONE}),
    State.STOPPED: frozenset({State.RUNNING, State.WAITING, State.ZOMBIE, State.JOINED, State.GONE}),
    State.ZOMBIE: frozenset({State.JOINED, State.GONE}),
    State.GONE: frozenset({State.JOINED}),  # The record of the parent that has collected it may come later.
    State.JOINED: frozenset(),
}
"""The states that a process may take on after each state."""


class Phase(enum.StrEnum):
    """The phase of a `multiprocessing.Process` between `start()` and its exit."""

    NONE = ""
    STARTING = "start()"
    BOOTSTRAP = "_bootstrap()"
    RUN = "run()"
    EXITING = "exiting"


BY_IMPORT = ("spawn", "forkserver")
"""The start methods whose children import the main module and have only those objects that they are passed."""


class UnobservedReason(enum.StrEnum):
    """The reason why a process does not carry the probe, or carries it no longer."""

    SUBPROCESS = "subprocess"
    """A Python that the program has started by itself, for instance through `subprocess`."""
    ISOLATED = "isolated"
    """A Python that ignores its environment (`-I`, `-E`) or leaves out `site` (`-S`)."""
    OTHER_PROGRAM = "other program"
    """The executable is no Python."""
    UNSUPPORTED_VERSION = "unsupported version"
    """A Python other than CPython 3.8 and later."""
    FAILED_TAP = "failed tap"
    """The probe could not begin: an error of its own, or no room for its journal."""
    DROPPED_PRIVILEGES = "dropped privileges"
    """The process runs as another user, who may not write into the session folder."""
    EXEC = "exec"
    """The process carried the probe and then executed another program in its place."""
    KILLED_AT_START = "killed at its start"
    """A signal has ended the process before the probe, and with it any code of the program, could begin."""
    STARTED_BEFORE = "started before"
    """The process was running before rockproc-tui attached to its program."""
    DAMAGED_JOURNAL = "damaged journal"
    """The process carries the probe, and what it writes can no longer be read."""
    UNKNOWN = "unknown"
    """The process ended before its reason could be read, or the operating system does not say."""


class Wait(msgspec.Struct, frozen=True):
    """An operation that a thread is inside of."""

    op: str
    """The method's own name: `get`, `put`, `recv`, `send`, `acquire`, `wait`, `join`, `poll`; `result` of a pool."""
    object: str
    """The name of the Queue, lock or process that the operation is called on."""
    key: int
    """The key of that object; for `join` the key of the process."""
    since: float
    site: Site | None
    thread: int
    """The thread's ident; see `Process.main_thread`."""
    timed: bool | None = None
    """True if it has a time-out and so ends by itself; None where that is not known."""
    end: int = 0
    """The inode of the end of a Pipe that the thread uses; 0 for other objects."""
    nested: bool = False
    """True if a signal handler has called it inside of the thread's own `wait()` for the same object."""
    keys: tuple[int, ...] = ()
    """The keys of all objects of a wait for several at once, if all are known; otherwise empty."""
    together: int = 0
    """The number of the set of objects of a wait for several at once; 0 for one object."""

    @property
    def polled(self) -> int:
        """The key of the `Access` that counts how often this wait has timed out."""
        return self.together or self.end or self.key


class Process(msgspec.Struct):
    key: ProcessKey
    name: str
    pid: int | None = None
    parent: int | None = None
    """The pid of the process that made the handle, or that forked it."""
    ppid: int | None = None
    """The pid of its parent to the system: another one if a forkserver has forked it, or if the parent has ended."""
    role: str = "process"
    """The role: main, process, fork (a bare `os.fork`), forkserver, resource tracker, or program (without a probe)."""
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
    terminated: float | None = None
    """The time at which the program, or multiprocessing on a daemon whose parent ends, called `terminate()` on it."""
    ignores_sigterm: bool = False
    """True if it ignored SIGTERM when the program called `terminate()` on it."""
    ran: bool = False
    """True once its `run()` has begun."""
    error: str = ""
    """The uncaught exception with which its `run()` ended, as in a traceback: `KeyError: 'b'`."""
    error_site: Site | None = None
    """The line of the program that raised it."""
    joined_at_exit: bool = False
    """True if only multiprocessing has joined it, when its parent ended."""
    exitcode_read: bool = False
    """True if the program has read `Process.exitcode`."""
    exitcode: int | None = None
    signal: str | None = None
    """The name of the signal that ended it."""
    sent_signal: SentSignal | None = None
    """The last signal that the program sent it by `terminate()` or `kill()`."""
    out_of_memory: bool = False
    """True if the counter of the control group says that the kernel killed a process then because memory ran out."""
    site: Site | None = None
    """The line that created its handle."""
    library_site: Site | None = None
    """The line of the library that made its handle, where `site` is that of the user's code."""
    start_site: Site | None = None
    """The line that called its `start()`."""
    main_thread: int | None = None
    handlers: tuple[SignalHandler, ...] = ()
    """Functions of the program that it calls when a signal arrives."""
    other_threads: tuple[ThreadState, ...] | None = None
    """The threads that are in no tapped operation, as the kernel last showed them; None while not known."""
    waits: tuple[Wait, ...] = ()
    """The blocking operations of its threads, the main thread's first. A thread that computes has no entry."""
    idle: str = ""
    """The wait of its main thread that no tap sees, as of the last sample; see `kernel.idle`."""
    timed: bool | None = None
    """True if the wait of its main thread has a time-out; None while the system has not been asked about this wait."""
    line: Site | None = None
    """The line of its present wait if it is `waiting`; otherwise the line of its last operation."""
    pool: PoolKey | None = None
    """Key of the pool whose tasks it runs."""
    task: Worker | None = None
    """The worker that it is in that pool, if it runs a task now."""
    known_only_by_pid: bool = False
    """No handle of `multiprocessing` is known for it: the keeper, its journal or the process table has named its pid.

    Its key is then a number that the observer has given it.
    """
    probed: bool = False
    """True once the probe has begun in it."""
    inspected: bool = False
    """True if its waits and locks are read from outside, by `observer.attach`, without a probe in it."""
    inspection: str = ""
    """The reason why something could not be read of it, as one sentence."""
    unobserved: UnobservedReason | None = None
    """The reason why it is not observed; None while it is observed, and while it is too young to decide."""
    cpu: float | None = None
    """Per cent of one core, as `top` counts."""
    cpu_history: tuple[float, ...] = ()
    rss: int | None = None
    """Bytes of resident memory."""
    rss_history: tuple[int, ...] = ()
    computes_since: float | None = None
    """The time since which each sample has found its main thread running or waiting for a core; None if it waits."""
    cpu_user: float | None = None
    """Seconds of CPU in user mode, as sampled last: of an ended process it may have been more."""
    cpu_system: float | None = None
    """Seconds of CPU in the kernel."""
    threads: int | None = None
    several_threads: float | None = None
    """The last moment at which a sample has shown more than one thread."""
    thread_cpu: tuple[ThreadCpu, ...] = ()
    """The CPU of each of its threads, while it computes and has more than one."""
    command: str | None = None
    """The command line, if the process is known from the operating system alone."""
    records: int = 0
    operations: int = 0
    """The exact number of operations. Most have a record; in a fast loop, some have none."""
    dropped: int = 0
    """Records that found no room in the journal."""
    faults: int = 0
    """Errors inside the probe, none of which reached the program."""
    fault: str = ""
    """The first error inside the probe."""
    python: str = ""
    """The version of its interpreter, as `3.14.1`, if it carries the probe."""
    failed_taps: tuple[str, ...] = ()
    """Functions of the standard library that are not observed there, since their source is not as the probe expects."""
    subinterpreters: int = 0
    """The number of interpreters that it has created beside its main one. Code that runs in them is not observed."""

    @property
    def observed(self) -> bool:
        """True if its waits and locks are known, by the probe or from outside."""
        return self.probed or self.inspected

    @property
    def main_wait(self) -> Wait | None:
        """The blocking operation of its main thread; None if it is in none."""
        for wait in self.waits:
            if wait.thread == self.main_thread:
                return wait
        return None


UNNAMED_PROCESS = "a process that is gone"
"""The beginning of the name of a process that has ended, and of which only what it held is left."""
HELPER_ROLES = ("forkserver", "resource tracker")
"""Roles of processes that multiprocessing starts for itself. They only serve requests of other processes."""
