"""The report as structures: `schema: 1`, which is also `docs/report-schema.json`.

Keys may be added, never changed or removed. The structures are independent of the model, so that a field of the model
may get another name. Times are seconds since the launch; what is not known, and a count that may be incomplete, is
null.
"""

from __future__ import annotations

from typing import Any

import msgspec

SCHEMA = 1


class Scenario(msgspec.Struct, kw_only=True):
    """The program that was run, and how it was started."""

    path: str
    args: list[str]
    python: str
    start_method: str | None
    follow: bool = False
    """True if Pythons that the program starts by `subprocess` were to be observed, too."""


class Exit(msgspec.Struct, kw_only=True):
    """The result of the main process; both fields are null if it has not ended by itself."""

    code: int | None
    signal: str | None


class Wait(msgspec.Struct, kw_only=True):
    """A blocking operation that a thread is inside of."""

    op: str
    object: str
    site: str | None
    since_s: float | None
    thread: int
    main: bool
    """True if it is the main thread."""
    timed: bool | None
    """True if the wait has a time-out; null where that is not known."""


class Process(msgspec.Struct, kw_only=True):
    """One process of the run."""

    name: str
    pid: int | None
    parent: int | None
    cls: str | None = msgspec.field(name="class")
    target: str | None
    start_method: str | None
    daemon: bool | None
    created_s: float | None
    started_s: float | None
    ended_s: float | None
    joined_s: float | None
    exitcode: int | None
    signal: str | None
    state: str
    site: str | None
    library_site: str | None
    """The line of the library that made it, where `site` is that of the user's code; otherwise null."""
    role: str
    waits: list[Wait]
    """The waits of all its threads, the main thread's first; empty when it has ended."""
    doing: str
    """The activity of its main thread when no wait of it is known: `computing`, or the call in which it sleeps."""
    rss: int | None
    """Bytes of resident memory, as last seen."""
    observed: bool
    inspected: bool = False
    """True if it is not observed, but its waits and locks were read from outside."""
    python: str | None
    """The version of its interpreter."""


class Channel(msgspec.Struct, kw_only=True):
    """A queue, a pipe, or a connection to a listener."""

    name: str
    kind: str
    site: str | None
    library_site: str | None
    """The line of the library that made it, where `site` is that of the user's code; otherwise null."""
    put: int | None
    got: int | None
    depth: int | None
    bytes: int | None
    last: list[str]
    """Previews of the last messages."""
    buffered: int | None
    lost: int | None
    internal: bool
    address: str | None


class Value(msgspec.Struct, kw_only=True):
    """A shared value, array, or piece of shared memory. The last five keys are there for shared memory only."""

    name: str
    kind: str
    type: str
    site: str | None
    library_site: str | None
    """The line of the library that made it, where `site` is that of the user's code; otherwise null."""
    value: Any
    reads: int | None
    writes: int | None
    unseen: bool
    internal: bool
    segment: str | msgspec.UnsetType = msgspec.UNSET
    size: int | msgspec.UnsetType = msgspec.UNSET
    open_by: list[str | None] | msgspec.UnsetType = msgspec.UNSET
    unlinked_by: str | msgspec.UnsetType | None = msgspec.UNSET
    unlinked_s: float | msgspec.UnsetType | None = msgspec.UNSET


class Lock(msgspec.Struct, kw_only=True):
    """A lock, semaphore, condition, event or barrier."""

    name: str
    kind: str
    site: str | None
    library_site: str | None
    """The line of the library that made it, where `site` is that of the user's code; otherwise null."""
    acquired: int | None
    contended: int | None
    timed_out: int | None
    holder: str | None
    holders: list[str | None]
    waiters: list[str | None]
    internal: bool


class ManagedObject(msgspec.Struct, kw_only=True):
    """An object that lives in a manager's server."""

    type: str
    name: str
    calls: int | None
    value: str | None


class Manager(msgspec.Struct, kw_only=True):
    """A manager and its objects."""

    name: str
    pid: int
    objects: list[ManagedObject]
    alive: bool
    cls: str = msgspec.field(name="class")
    site: str | None


class Pool(msgspec.Struct, kw_only=True):
    """A pool or an executor."""

    name: str
    kind: str
    site: str | None
    library_site: str | None
    """The line of the library that made it, where `site` is that of the user's code; otherwise null."""
    workers: int
    submitted: int | None
    done: int | None
    failed: int | None
    lost: int | None
    running: int | None
    waiting: int | None
    cancelled: int | None
    unfinished: int | None
    workers_employed: int
    tasks_per_worker: int | None
    ended: str | None
    error: str | None
    internal: bool


class Finding(msgspec.Struct, kw_only=True):
    """A problem that was proved or is suspected."""

    rule: str
    severity: str
    message: str
    site: str | None
    path: str | None
    """The whole path of the site's file."""
    line: int | None
    processes: list[str | None]
    objects: list[str | None]
    at_s: float | None
    verdict: str
    mend: str
    """The same as `advice`, under the name that version 0.1 used."""
    advice: str
    active: bool


class Records(msgspec.Struct, kw_only=True):
    """The numbers of records that the run has written and has left out."""

    written: int
    sampled: int
    """Operations that were counted without a record."""
    dropped: int
    """Records that found no room."""


class UnobservedProcess(msgspec.Struct, kw_only=True):
    """A process that does not carry the probe."""

    pid: int | None
    name: str
    reason: str
    inspected: bool = False
    """True if its waits and locks were read from outside; its earlier actions are not known."""
    shares: list[str]
    """Names of the observed objects that it has open."""
    hides: bool
    """True if the report may lack what this process did to objects of other processes."""


class Coverage(msgspec.Struct, kw_only=True):
    """The extent of the observation on which the report rests."""

    observed: int
    processes: int
    inspected: int = 0
    """Processes that are not observed, but whose waits and locks were read from outside."""
    silent_rules: list[str] = []
    """Rules that were not asked, because they need what only the probe records."""
    unobserved: list[UnobservedProcess]
    operations: int
    """Operations on shared objects that were counted."""
    failed_taps: list[str]
    """Functions of the standard library that could not be observed."""
    untested_pythons: list[str]
    """Versions in the run with which the probe was not tested."""
    subinterpreters: int = 0
    """Interpreters that the program has created in its processes. Code that runs in them is not observed."""


class Report(msgspec.Struct, kw_only=True):
    """Everything that is known of a run at its end."""

    schema: int
    scenario: Scenario
    exit: Exit
    duration_s: float | None
    processes: list[Process]
    channels: list[Channel]
    values: list[Value]
    locks: list[Lock]
    managers: list[Manager]
    pools: list[Pool]
    findings: list[Finding]
    forgotten: dict[str, int]
    """The number of objects of each kind that the report no longer lists, because the run was long."""
    records: Records
    faults: list[str]
    """Errors of rockproc itself; none of them reached the program."""
    coverage: Coverage


def to_json(report: Report) -> dict[str, Any]:
    """Return the report as plain objects, for any JSON encoder."""
    return msgspec.to_builtins(report)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the report."""
    return msgspec.json.schema(Report)
