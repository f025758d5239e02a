"""Records over time when threads other than the main threads wait, hold a lock, or compute."""

from __future__ import annotations

from typing import NamedTuple

from ..kernel.idle import ASLEEP
from ..model import Process, State, ThreadChange, ThreadCpu, World
from ..model.keys import ProcessKey

BUSY_PERCENT = 10.0
"""The share of one core above which a thread computes."""
_MAX_THREADS = 16
"""The number of threads of one process whose changes are kept."""


class _Doing(NamedTuple):
    """The present activity of a thread, and the time at which it began."""

    state: State
    text: str
    since: float


_UNKNOWN = _Doing(State.GONE, "", 0.0)
"""The thread is in no operation that is observed, and is not known to compute; it may have ended."""


class ThreadChanges:
    """Keeps `World.thread_changes`.

    A thread goes by its ident. One whose ident no tap has seen goes by minus the number that the kernel has for it.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._known: dict[ProcessKey, dict[int, _Doing]] = {}
        """The activity of each thread at the last look."""
        self._idents: dict[ProcessKey, dict[int, int]] = {}
        """The idents of threads, by the numbers that the kernel has for them."""
        self._sampled: dict[ProcessKey, tuple[tuple[ThreadCpu, ...], float]] = {}
        """The last sample of CPU times, and the moment at which it was seen first."""
        self._computed: dict[ProcessKey, dict[int, float]] = {}
        """The moment of the last sample that has found a thread computing."""

    def look(self, at: float) -> None:
        """Add the changes since the last call.

        Args:
            at: seconds since launch.
        """
        processes = self._world.processes
        holding = self._holding()
        for process in processes.values():
            known = self._known.get(process.key)
            alone = not process.thread_cpu and not holding.get(process.key) and not _in_threads(process)
            if known is None and (alone or not process.state.alive):
                continue
            now = self._now(process, holding.get(process.key, {}), at) if process.state.alive else {}
            known = self._known.setdefault(process.key, {})
            for thread in list(dict.fromkeys([*now, *known]))[:_MAX_THREADS]:
                self._become(process, thread, known, now.get(thread, _UNKNOWN), at)
        for of in (self._known, self._idents, self._sampled, self._computed):
            for key in of.keys() - processes.keys():
                del of[key]

    def _holding(self) -> dict[ProcessKey, dict[int, _Doing]]:
        """Return for each process the threads that hold a lock of the program since one of its lines."""
        found: dict[ProcessKey, dict[int, _Doing]] = {}
        for lock in self._world.locks.values():
            for hold in () if lock.internal else lock.holders:
                process = self._world.processes.get(hold.process)
                if process is not None and hold.thread not in (process.main_thread, 0) and hold.site is not None:
                    found.setdefault(hold.process, {})[hold.thread] = _Doing(State.RUNNING, "", hold.since)
        return found

    def _now(self, process: Process, holding: dict[int, _Doing], at: float) -> dict[int, _Doing]:
        """Return what each thread of a process is known to do: a wait counts more than a lock that it holds."""
        found: dict[int, _Doing] = {}
        for wait in process.waits:
            if wait.thread != process.main_thread and wait.site is not None and not self._is_internal(wait.key):
                text = f"{wait.op} {wait.object}".rstrip()
                found.setdefault(wait.thread, _Doing(State.WAITING, text, wait.since))
        for thread, doing in [*holding.items(), *self._computing(process, at)]:
            found.setdefault(thread, doing)
        return found

    def _is_internal(self, key: int) -> bool:
        channels, locks = self._world.channels, self._world.locks
        channel, lock = channels.get(key), locks.get(key)  # pyright: ignore[reportArgumentType]
        return (channel is not None and channel.internal) or (lock is not None and lock.internal)

    def _computing(self, process: Process, at: float) -> list[tuple[int, _Doing]]:
        """Return the threads that compute, as of the last sample, and those that have computed and do not now."""
        idents = self._idents.setdefault(process.key, {})
        idents.update(
            (thread.number, thread.ident) for thread in process.other_threads or () if thread.ident is not None
        )
        sample, seen = self._sampled.get(process.key, ((), at))
        if sample is not process.thread_cpu:
            self._sampled[process.key] = process.thread_cpu, at
        since = {thread.number: seen for thread in sample}
        known, found = self._known.get(process.key, {}), list[tuple[int, _Doing]]()
        computed = self._computed.setdefault(process.key, {})
        for thread in process.thread_cpu:
            if thread.number == process.pid:
                continue
            key = idents.get(thread.number, -thread.number)
            begin = since.get(thread.number, at if thread.started is None else thread.started)
            if key > 0 and -thread.number in known:  # its ident was not known until now
                begin = known[-thread.number].since
            if (process.cpu or 0.0) >= BUSY_PERCENT and _percent(thread, at) >= BUSY_PERCENT:
                found.append((key, _Doing(State.RUNNING, "", begin)))
                if sample is not process.thread_cpu:
                    computed[key] = at
            elif key in known:
                found.append((key, _Doing(State.WAITING, ASLEEP, begin)))
        return found

    def _become(self, process: Process, thread: int, known: dict[int, _Doing], doing: _Doing, at: float) -> None:
        before = known.get(thread, _UNKNOWN)
        same = (before.state, before.text) == (doing.state, doing.text)
        if same and (doing.state is not State.WAITING or doing.text == ASLEEP or doing.since <= before.since):
            return
        since = doing.since
        if doing is _UNKNOWN:
            last = self._computed.get(process.key, {}).get(thread) if before.state is State.RUNNING else None
            since = process.ended or max(at if last is None else last, before.since)
        known[thread] = doing
        self._world.changes += 1
        self._world.thread_changes.append(ThreadChange(process.key, thread, min(since, at), doing.state, doing.text))


def _in_threads(process: Process) -> bool:
    return any(wait.thread != process.main_thread for wait in process.waits)


def _percent(thread: ThreadCpu, at: float) -> float:
    """Return the share of one core that a thread takes; that of a new thread is an average since its start."""
    if thread.percent is not None:
        return thread.percent
    age = at - thread.started if thread.started is not None else 0.0
    return thread.seconds / age * 100 if age > 0 else 0.0
