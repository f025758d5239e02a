"""Makes the report of a run, or of a recording of one."""

from __future__ import annotations

import math
from typing import Any, Protocol, cast

from rockproc.probe.versions import is_tested

from ..model import (
    OBJECTS,
    USER,
    Channel,
    Coverage,
    Finding,
    Lock,
    Manager,
    Message,
    Pool,
    Process,
    SharedValue,
    Site,
    Snapshot,
    State,
    Wait,
    coverage_of,
    is_unobserved,
)
from ..model.keys import ChannelKey, ProcessKey
from ..scenarios.launch import Launch
from . import schema
from .schema import Report

MAX_ARRAY_ITEMS = 1000
"""A longer array is given as this many of its first items, and its length."""
LAST_MESSAGES = 5


class Reported(Protocol):
    """A source of reports: a run, or a recording of one."""

    exit_code: int | None
    exit_signal: str | None

    @property
    def launch(self) -> Launch: ...
    def snapshot(self) -> Snapshot: ...
    def totals(self) -> tuple[int, int, int]: ...
    def faults(self) -> list[str]: ...


def report(run: Reported) -> Report:
    """Return everything that is known of a run so far."""
    snapshot = run.snapshot()
    written, sampled, dropped = run.totals()
    main = snapshot.main
    return _Writer(snapshot).report(
        launch=run.launch,
        exit_=schema.Exit(code=run.exit_code, signal=run.exit_signal),
        duration=main.ended if main is not None and main.ended is not None else snapshot.now,
        records=schema.Records(written=written, sampled=sampled, dropped=dropped),
        faults=run.faults(),
    )


class _Writer:
    """Writes the report of one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._coverage = coverage_of(snapshot)
        self._names = {process.key: process.name for process in snapshot.processes}

    def report(
        self, launch: Launch, exit_: schema.Exit, duration: float, records: schema.Records, faults: list[str]
    ) -> Report:
        snapshot = self._snapshot
        return Report(
            schema=schema.SCHEMA,
            scenario=schema.Scenario(
                path=launch.script,
                args=list(launch.args),
                python=launch.python,
                start_method=launch.start_method,
                follow=launch.follow,
            ),
            exit=exit_,
            duration_s=_seconds(duration),
            processes=[_process(process) for process in snapshot.processes],
            channels=[self._channel(channel) for channel in snapshot.channels],
            values=[self._value(value) for value in snapshot.values],
            locks=[self._lock(lock) for lock in snapshot.locks],
            managers=[self._manager(manager) for manager in snapshot.managers],
            pools=[self._pool(pool) for pool in snapshot.pools],
            findings=[self._finding(finding) for finding in snapshot.findings],
            forgotten={name: getattr(snapshot.forgotten, name) for name in (*OBJECTS, "findings")},
            records=records,
            faults=faults,
            coverage=_coverage(self._coverage, snapshot),
        )

    def _name(self, key: ProcessKey | None) -> str | None:
        return "you" if key == USER else self._names.get(key) if key is not None else None

    def _channel(self, channel: Channel) -> schema.Channel:
        complete = self._coverage.is_complete(channel)
        return schema.Channel(
            name=channel.name,
            kind=channel.kind,
            site=_site(channel.site),
            library_site=_site(channel.library_site),
            put=channel.put if complete else None,
            got=channel.got if complete else None,
            depth=channel.depth if complete else None,
            bytes=channel.bytes if complete else None,
            last=_last(self._snapshot, channel.key),
            buffered=channel.buffered if complete else None,
            lost=channel.lost + channel.died if complete else None,
            internal=channel.internal,
            address=channel.address or None,
        )

    def _value(self, shared: SharedValue) -> schema.Value:
        complete = self._coverage.is_complete(shared)
        value = schema.Value(
            name=shared.name,
            kind=shared.kind,
            type=shared.type,
            site=_site(shared.site),
            library_site=_site(shared.library_site),
            value=_content(shared),
            reads=shared.reads if complete else None,
            writes=shared.writes if complete else None,
            unseen=shared.unseen,
            internal=shared.internal,
        )
        if shared.segment is not None:
            value.segment = shared.segment
            value.size = shared.size
            value.open_by = [self._name(key) for key in shared.open_by]
            value.unlinked_by = self._name(shared.unlinked_by)
            value.unlinked_s = _seconds(shared.unlinked)
        return value

    def _lock(self, lock: Lock) -> schema.Lock:
        complete = self._coverage.is_complete(lock)
        return schema.Lock(
            name=lock.name,
            kind=lock.kind,
            site=_site(lock.site),
            library_site=_site(lock.library_site),
            acquired=lock.acquired if complete else None,
            contended=lock.contended if complete else None,
            timed_out=lock.timed_out if complete else None,
            holder=self._name(lock.holders[0].process) if lock.holders else None,
            holders=[self._name(hold.process) for hold in lock.holders],
            waiters=[self._name(hold.process) for hold in lock.waiters],
            internal=lock.internal,
        )

    def _manager(self, manager: Manager) -> schema.Manager:
        return schema.Manager(
            name=manager.name,
            pid=manager.pid,
            objects=[
                schema.ManagedObject(
                    type=item.type,
                    name=item.name,
                    calls=None if item.uncounted else item.calls,
                    value=item.value or None,
                )
                for item in self._snapshot.managed
                if item.manager == manager.key
            ],
            alive=manager.alive,
            cls=manager.cls,
            site=_site(manager.site),
        )

    def _pool(self, pool: Pool) -> schema.Pool:
        complete = self._coverage.is_complete(pool)
        return schema.Pool(
            name=pool.name,
            kind=pool.kind,
            site=_site(pool.site),
            library_site=_site(pool.library_site),
            workers=pool.size,
            submitted=pool.submitted if complete else None,
            done=pool.done if complete else None,
            failed=pool.failed if complete else None,
            lost=pool.lost if complete else None,
            running=pool.running if complete else None,
            waiting=pool.waiting if complete else None,
            cancelled=pool.cancelled if complete else None,
            unfinished=pool.unfinished if complete else None,
            workers_employed=pool.employed,
            tasks_per_worker=pool.limit,
            ended=pool.ended or None,
            error=pool.error or None,
            internal=pool.internal,
        )

    def _finding(self, finding: Finding) -> schema.Finding:
        return schema.Finding(
            rule=finding.rule,
            severity=str(finding.severity),
            message=finding.message,
            site=_site(finding.site),
            path=finding.site.path if finding.site is not None else None,
            line=finding.site.line if finding.site is not None else None,
            processes=[self._name(key) for key in finding.processes],
            objects=[_object_name(self._snapshot, key) for key in finding.objects],
            at_s=_seconds(finding.at),
            verdict=str(finding.verdict),
            mend=finding.advice,
            advice=finding.advice,
            active=finding.active,
        )


def _process(process: Process) -> schema.Process:
    alive = process.state.alive
    rss = process.rss if process.rss is not None else next(reversed(process.rss_history), None)
    return schema.Process(
        name=process.name,
        pid=process.pid,
        parent=process.parent,
        cls=process.cls,
        target=process.target,
        start_method=process.start_method,
        daemon=process.daemon,
        created_s=_seconds(process.created),
        started_s=_seconds(process.started),
        ended_s=_seconds(process.ended),
        joined_s=_seconds(process.joined),
        exitcode=process.exitcode,
        signal=process.signal,
        state=str(process.state),
        site=_site(process.site),
        library_site=_site(process.library_site),
        role=str(process.role),
        waits=[_wait(process, wait) for wait in process.waits] if alive else [],
        doing=_doing(process) if alive and process.main_wait is None else "",
        rss=rss,
        observed=process.pid is not None and not is_unobserved(process),
        inspected=process.inspected,
        python=process.python or None,
    )


def _doing(process: Process) -> str:
    """Return what its main thread does, if no wait of it is known."""
    if (
        process.state is State.RUNNING
        and not process.idle
        and process.cpu is not None
        and process.cpu < _IDLE_CPU_PERCENT
    ):
        return "uses almost no CPU, in no observed call"
    return process.idle or str(process.state)


_IDLE_CPU_PERCENT = 2.0
"""The use of one core below which a process is not called running: it may wait for a file or a child."""


def _wait(process: Process, wait: Wait) -> schema.Wait:
    is_main = wait.thread == process.main_thread
    return schema.Wait(
        op=wait.op,
        object=wait.object,
        site=_site(wait.site),
        since_s=_seconds(wait.since),
        thread=wait.thread,
        main=is_main,
        timed=wait.timed if wait.timed is not None or not is_main else process.timed,
    )


def _coverage(coverage: Coverage, snapshot: Snapshot) -> schema.Coverage:
    pythons = sorted({process.python for process in snapshot.processes if process.python})
    return schema.Coverage(
        observed=coverage.observed,
        processes=coverage.processes,
        inspected=coverage.inspected,
        unobserved=[
            schema.UnobservedProcess(
                pid=unobserved.process.pid,
                name=unobserved.process.name,
                reason=str(unobserved.reason),
                inspected=unobserved.process.inspected,
                shares=list(unobserved.shares),
                hides=unobserved.hides,
            )
            for unobserved in coverage.unobserved
        ],
        operations=snapshot.forgotten.operations + sum(process.operations for process in snapshot.processes),
        failed_taps=sorted({name for process in snapshot.processes for name in process.failed_taps}),
        untested_pythons=[version for version in pythons if not is_tested(version)],
        subinterpreters=coverage.subinterpreters,
    )


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _site(site: Site | None) -> str | None:
    return None if site is None else str(site)


def _object_name(snapshot: Snapshot, key: int) -> str | None:
    for thing in (*snapshot.pools, *snapshot.locks, *snapshot.channels, *snapshot.values, *snapshot.processes):
        if thing.key == key:
            return thing.name
    return None


def _last(snapshot: Snapshot, channel: ChannelKey) -> list[str]:
    """Return previews of the last messages that went into a channel, the oldest first."""
    _, events = snapshot.messages.since(0)
    seen: list[Message] = []
    for event in reversed(events):
        message = event.message
        # The arrival of a message that was seen to leave says nothing about which was the last.
        if event.op == "received" and (message.put is not None or message.sent is not None):
            continue
        if message.channel == channel and message.size is not None and not any(message is entry for entry in seen):
            seen.append(message)
            if len(seen) == LAST_MESSAGES:
                break
    from ..decoding.preview import preview  # most reports show no message, and `pickletools` takes long to import

    return [preview(message.content, message.size) for message in reversed(seen)]


def _content(shared: SharedValue) -> object:
    value: object = shared.value
    if isinstance(value, list) and (shared.length or 0) > MAX_ARRAY_ITEMS:
        return {"first": _plain(cast("list[object]", value)[:MAX_ARRAY_ITEMS]), "length": shared.length}
    return _plain(cast("object", value))


def _plain(value: object) -> Any:
    """Return a value as JSON can have it: bytes as text, and a float that is no number as its name."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in cast("dict[str, object]", value).items()}
    return value
