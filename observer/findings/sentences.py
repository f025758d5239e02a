"""Sentences about processes, threads and waits, from which the texts of findings are put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..model import Channel, Phase, Process, SignalHandler, Site, Thread, Verdict, World
from ..model.keys import ChannelKey, LockKey, ProcessKey, is_address
from .blocking import Blocking, Need
from .dead_waits import Cause
from .phrases import at, enumerated, items, named

_MAX_PARTS = 4
"""The largest number of processes or threads that are described one by one."""


def site_of(blocking: Blocking, world: World) -> str:
    """Return a line in parentheses after a space: ` (file.py:3)`; empty where it is not known."""
    site = place_of(blocking, world)
    return f" ({site})" if site is not None else ""


def place_of(blocking: Blocking, world: World) -> Site | None:
    """Return the line at which a thread waits, from its tap or read from outside; None where it is not known."""
    if blocking.wait is not None:
        return blocking.wait.site
    place = world.blocked_places.get(blocking.thread)
    process = world.processes[blocking.thread[0]]
    if place is not None and place.site is not None:
        return place.site
    # The `line` of an observed process is that of its last operation, which may have ended long ago.
    return process.line if blocking.thread[1] == process.main_thread and not process.probed else None


def process_of(blocking: Blocking, world: World) -> Process:
    return world.processes[blocking.thread[0]]


def thread_name(thread: Thread, world: World) -> str:
    """Return the process's name for its main thread, otherwise `a thread of` and the name."""
    process = world.processes[thread[0]]
    return process.name if thread[1] in (process.main_thread, 0) else f"a thread of {process.name}"


def thread_names(threads: Sequence[Thread], world: World) -> str:
    """Return the names of threads, each once, or `several threads of` and the process where all have the same name."""
    names = list(dict.fromkeys(thread_name(thread, world) for thread in threads))
    return enumerated(names) if len(names) > 1 else f"several threads of {world.processes[threads[0][0]].name}"


def how_it_ended(process: Process | None, *, plural: bool = False) -> str:
    """Return the end of a process in words: `was ended by SIGKILL`, `ended (exit 1, KeyError: 'b' at work.py:7)`.

    Args:
        process: has ended; None if it is not known.
        plural: whether the sentence is about several processes that ended alike: `were ended by SIGKILL`.
    """
    was = "were" if plural else "was"
    if process is None:
        return "ended"
    if process.out_of_memory:
        return f"{was} ended by SIGKILL, probably because memory ran out (the kernel's out-of-memory counter rose)"
    if process.signal:
        return f"{was} ended by {process.signal}{_sent_by(process)}"
    cut_off = process.probed and process.phase is Phase.RUN and not process.error
    if process.exitcode is None:
        return f"ended{' by os._exit() or a signal' if cut_off else ''}"
    if cut_off:
        return f"ended (exit {process.exitcode}, by os._exit() or the like)"
    error = f", {process.error}" if process.error else ""
    where = at(process.error_site) if process.error else ""
    return f"ended (exit {process.exitcode}{error}{where})"


_SENDING_CALLS = {"SIGKILL": "kill()", "SIGTERM": "terminate()", "SIGINT": "interrupt()"}
"""The methods of a Process by the signals that they send."""


def _sent_by(process: Process) -> str:
    """Return the call that ended a process, ` (kill() by main at app.py:6)`; empty where the sender is not known."""
    sent = process.sent_signal
    if sent is None or sent.name != process.signal or process.ended is None or sent.at > process.ended:
        return ""
    return f" ({_SENDING_CALLS.get(sent.name, 'a signal')} by {sent.sender}{at(sent.site)})"


def call_of(blocking: Blocking, world: World) -> str:
    """Return the call that a thread is inside of, as the program writes it: `tasks.get()`."""
    wait = blocking.wait
    if wait is None:
        return "a lock or a join of threading" if blocking.need is Need.THREAD else "its event loop"
    if (
        blocking.need is Need.WAKE_UP
        and (lock := world.locks.get(LockKey(wait.key))) is not None
        and lock.kind == "Barrier"
    ):
        return f"{wait.object}.wait()"
    if blocking.need is Need.ANY:
        return f"wait() for {wait.object}"
    if wait.op == "value":
        return f"{wait.object}.value"
    if wait.op == "result":
        return f"a result of {wait.object}"
    channel = world.channels.get(ChannelKey(wait.key))
    if channel is not None and channel.kind == "Connection" and is_address(wait.key):
        return f"{wait.op}() of a connection of {wait.object}"  # it is the name of the listener
    op = {"feed": "put", "flush": "join_thread"}.get(wait.op, wait.op)
    return f"{wait.object}.{op}()" if wait.object else f"{op}()"


def waits_in(blocking: Blocking, world: World) -> str:
    """Return a sentence about a wait: `main waits in tasks.get() (app.py:12)`."""
    who = thread_name(blocking.thread, world)
    wait = blocking.wait
    where = site_of(blocking, world)
    if wait is not None and blocking.need is Need.PROCESS:
        return f"{who} waits for {wait.object} to end{where}"
    if wait is not None and blocking.need is Need.LOCK:
        return f"{who} waits for {wait.object}{where}{_which_is_held(blocking, world)}"
    if blocking.need is Need.RESULT:
        return f"{who} waits for {call_of(blocking, world)}{where}"
    return f"{who} waits in {call_of(blocking, world)}{where}"


def _which_is_held(blocking: Blocking, world: World) -> str:
    """Return a clause, `, which main holds since app.py:7`; empty where the lock has no single living holder."""
    lock = world.locks.get(LockKey(blocking.key))
    if lock is None or len(lock.holders) != 1:
        return ""
    hold = lock.holders[0]
    holder = world.processes.get(hold.process)
    if holder is None or not holder.state.alive:
        return ""
    return (
        f", which {thread_name((hold.process, hold.thread), world)} holds{f' since {hold.site}' if hold.site else ''}"
    )


def together(cause: Cause) -> list[Blocking]:
    """Return all waits for the same object as the first wait of a cause."""
    first = cause.primary
    if not first.key:
        return [first, *cause.alike]
    same = [wait for wait in (*cause.waits, *cause.affected) if wait.need is first.need and wait.key == first.key]
    return sorted(same, key=lambda blocking: (blocking.since, blocking.thread))


def who_waits(cause: Cause, world: World) -> str:
    """Return the waiting processes in words: `Process-2 waits`, or `Process-2 and Process-3 wait`."""
    waiting = together(cause)
    names = dict.fromkeys(thread_name(wait.thread, world) for wait in waiting)
    if len(names) == 1:
        return f"{next(iter(names))} waits"
    if not all(is_main_thread(wait, world) for wait in waiting):
        # The main thread of a process is named before its others.
        main_first = sorted(waiting, key=lambda wait: not is_main_thread(wait, world))
        return f"{enumerated(list(dict.fromkeys(thread_name(wait.thread, world) for wait in main_first)))} wait"
    return f"{named(list({wait.thread[0]: process_of(wait, world) for wait in waiting}.values()))} wait"


def where_they_wait(cause: Cause, world: World) -> str:
    """Return the lines of the waits of `who_waits`: ` (app.py:3)`, or ` (main at app.py:3; work at app.py:9)`."""
    by_site: dict[Site | None, list[str]] = {}
    for wait in together(cause):
        by_site.setdefault(place_of(wait, world), []).append(thread_name(wait.thread, world))
    if len(by_site) < 2:
        return site_of(cause.primary, world)
    parts = [
        f"{enumerated(list(dict.fromkeys(names)))} at {site}" for site, names in by_site.items() if site is not None
    ]
    return f" ({'; '.join(parts[:_MAX_PARTS])})"


def others(cause: Cause, world: World, ended_role: str = "") -> str:
    """Return the others that could have ended the wait, and why they cannot; empty if there are none.

    Args:
        cause: the waits.
        world: has the processes.
        ended_role: a clause about each process that has ended, `, which got items,`.
    """
    first = cause.primary
    same = {wait.thread for wait in together(cause)}
    parts = _ends(first.ended, world, ended_role)
    known = _with_a_line({wait.thread: wait for wait in (*cause.waits, *cause.affected)}, world)
    likely = [thread.thread for thread in first.providers if thread.likely]
    for thread in dict.fromkeys([*likely, *(wait.thread for wait in cause.waits)]):
        if thread in known and thread not in same and not _only_serves(known[thread], first, known, world):
            parts.append(waits_in(known[thread], world))
    shown = parts[:_MAX_PARTS]
    more = f"{len(parts) - len(shown)} more" if len(parts) > len(shown) else ""
    return "; ".join([*shown, *filter(None, [more])])


def is_main_thread(blocking: Blocking, world: World) -> bool:
    return blocking.thread[1] in (process_of(blocking, world).main_thread, 0)


def _with_a_line(waits: dict[Thread, Blocking], world: World) -> dict[Thread, Blocking]:
    """Leave out threads that wait at no line of the program, where the main thread of their process waits as well."""
    described = {thread[0] for thread, wait in waits.items() if is_main_thread(wait, world)}
    return {
        thread: wait
        for thread, wait in waits.items()
        if is_main_thread(wait, world)
        or thread[0] not in described
        or wait.wait is not None
        or place_of(wait, world) is not None
    }


def _only_serves(blocking: Blocking, first: Blocking, known: Mapping[Thread, Blocking], world: World) -> bool:
    """Return whether only the kernel reports that this thread waits, while the main thread has a known operation.

    The feeder thread of a Queue, which waits for an item to write, is an example, and so is a thread of an executor.
    """
    if blocking.wait is not None:
        return False
    process = process_of(blocking, world)
    main = process.key, process.main_thread or 0
    beside_main = main in known and blocking.thread != main
    return beside_main or (blocking.thread[0] == first.thread[0] and blocking.need is Need.THREAD)


def consequences(cause: Cause, world: World) -> str:
    """Return a further sentence that names those who wait because of this.

    Further threads of a process are named only with a line of the program: a pool's own threads say nothing.
    """
    same = {wait.thread for wait in (*together(cause), *cause.waits)}
    further = [wait for wait in cause.affected if wait.thread not in same and _is_understandable(wait, world)]
    return "".join(f"; {waits_in(wait, world)}" for wait in further[:2])


def _is_understandable(blocking: Blocking, world: World) -> bool:
    """Return True if a reader who knows only the program's source understands this thread's wait."""
    process = process_of(blocking, world)
    if process.pool is not None:
        return False
    is_main = blocking.thread[1] in (process.main_thread, 0)
    return is_main or (blocking.wait is not None and blocking.wait.site is not None)


def unless(cause: Cause, world: World, does: str = "does so") -> str:
    """Return a clause, `, unless the SIGTERM handler at serve.py:12 does so`; empty if it is proved."""
    return unless_any(cause.handlers, cause.unlikely, world, does) if cause.verdict is Verdict.SUSPECTED else ""


def unless_any(
    handlers: Sequence[tuple[Process, SignalHandler]], unlikely: Sequence[Thread], world: World, does: str
) -> str:
    """Return the clause that `unless` returns, about the given signal handlers and threads.

    Args:
        handlers: each with its process.
        unlikely: threads that have never used the object.
        world: has the processes.
        does: the verb phrase of the clause.
    """
    parts: list[str] = []
    for _, handler in handlers:
        function = f" {handler.function}()" if handler.function else ""  # from outside it is not known
        parts.append(f"the {handler.signal} handler{at(handler.site) or function}")
    for thread in unlikely:
        process = world.processes[thread[0]]
        if any(handled is process for handled, _ in handlers) and thread[1] == process.main_thread:
            continue
        if not process.observed:
            parts.append(f"{process.name}, which is not observed,")
        elif thread[1] in (process.main_thread, 0):
            parts.append(f"{process.name}, which has never used it,")
        else:
            parts.append(f"another thread of {process.name}, which has never used it,")
    parts = list(dict.fromkeys(parts))[:3]
    return f", unless {' or '.join(parts)} {does}" if parts else ""


def because(text: str) -> str:
    return f": {text}" if text else ""


def ended_names(keys: Iterable[ProcessKey], world: World) -> str:
    """Return the ends of processes, alike ones together: `a and b ended (exit 0), and c was ended by SIGKILL`."""
    return ", and ".join(_ends(keys, world)[:_MAX_PARTS]) or "a process ended"


def failed_of(keys: Iterable[ProcessKey], world: World) -> list[Process]:
    """Return the processes with these keys that have failed, in the order in which they were started."""
    return [process for process in known_of(keys, world) if process.exitcode]


def known_of(keys: Iterable[ProcessKey], world: World) -> list[Process]:
    """Return the processes with these keys, in the order in which they were started."""
    known = [world.processes[key] for key in dict.fromkeys(keys) if key in world.processes]
    return sorted(known, key=lambda process: (process.started or 0.0, process.key))


def _ends(keys: Iterable[ProcessKey], world: World, role: str = "") -> list[str]:
    """Return a sentence for each way in which processes have ended: `a and b ended (exit 0)`.

    Args:
        keys: of the processes.
        world: has the processes.
        role: a clause about each of them, `, which got items,`.
    """
    alike: dict[str, list[Process]] = {}
    for process in known_of(keys, world):
        alike.setdefault(how_it_ended(process), []).append(process)
    return [f"{named(some)}{role} {how_it_ended(some[0], plural=len(some) > 1)}" for some in alike.values()]


def lost_with_their_process(channel: Channel, world: World) -> str:
    """Return a sentence: `2 items were lost with Process-1 before they were written into the pipe`."""
    known = [world.processes[key] for key in channel.died_with if key in world.processes]
    one = channel.died == 1
    return (
        f"{items(channel.died)} {'was' if one else 'were'} lost with {named(known, 'a process')} before "
        f"{'it was' if one else 'they were'} written into the pipe"
    )


__all__ = [
    "because",
    "call_of",
    "consequences",
    "ended_names",
    "failed_of",
    "how_it_ended",
    "is_main_thread",
    "items",
    "known_of",
    "lost_with_their_process",
    "named",
    "others",
    "place_of",
    "process_of",
    "site_of",
    "thread_name",
    "thread_names",
    "together",
    "unless",
    "unless_any",
    "waits_in",
    "where_they_wait",
    "who_waits",
]
