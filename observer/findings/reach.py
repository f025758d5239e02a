"""The threads that can reach an object, and so could do with it what another thread waits for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Set

from ..model import USER, Access, Phase, Process, Thread, World
from ..model.keys import ChannelKey, LockKey, ManagedKey, ProcessKey
from ..model.process import BY_IMPORT, UnobservedReason
from .blocking import Blocking, Provider
from .ending_calls import EndingCalls
from .living_threads import LivingThreads

READ, WRITE = 0, 1
"""The two ends of a pipe, as in `World.open_ends`."""
_SEPARATE = (UnobservedReason.OTHER_PROGRAM, UnobservedReason.EXEC, UnobservedReason.SUBPROCESS)
"""Reasons why a process is not observed, with which it has only those objects that it was seen to have open."""
_ANY_END = (True, True)
"""The ends that a process is assumed to have open when that is not known."""


class Reach:
    """Adds to waits the threads that can reach the objects that are waited for."""

    def __init__(self, world: World, threads: LivingThreads) -> None:
        self._world = world
        self._threads = threads
        self.calls = EndingCalls(world)

    def holder(self, found: Blocking, key: ProcessKey, thread: int) -> None:
        """Add the thread that holds what another one waits for."""
        if key == USER:
            found.able = True
            return
        process = self._world.processes.get(key)
        if process is None or not process.state.alive:
            found.ended.append(key)
            return
        if (key, thread) in self._threads.of[key]:
            found.providers.append(Provider((key, thread)))
        elif thread == 0 or process.other_threads is None:
            found.able = True  # which of its threads has it is not known
        else:
            found.providers.extend(Provider(thread, likely=False) for thread in self._threads.of[key])

    def others(self, found: Blocking, access: Access, *, hand_over: bool = False) -> None:
        """Add the threads other than the holder: anybody may release a Lock or a semaphore.

        Args:
            found: gets them as providers.
            access: of the Lock or semaphore.
            hand_over: the one that waits holds the Lock itself: a process that was given it and has never touched it
                is probably meant to release it.
        """
        known = {thread.thread for thread in found.providers}
        used = {process for process, _ in access.users}
        wait, kind = found.wait, self.kind(found.key)
        for process, inherits in self._reaching(access, found.key):
            found.able = found.able or (wait is not None and self.calls.handler_may_end(process, wait, kind))
            for thread in self._threads.of[process.key]:
                if thread in known or thread == found.thread:
                    continue
                main = thread[1] == process.main_thread
                likely = hand_over and main and process.key not in used and inherits
                calls = self._world.thread_calls.get(thread, ())
                likely = likely or (wait is not None and self.calls.may_end(calls, wait, kind))
                found.providers.append(Provider(thread, likely=likely))

    def processes(self, found: Blocking, keys: Collection[ProcessKey]) -> None:
        """Add the threads of the processes that have the other end of a connection open."""
        wait = found.wait
        for process in self._threads.processes:
            if process.key in keys:
                found.able = found.able or (wait is not None and self.calls.handler_may_end(process, wait, ""))
                for thread in self._threads.of[process.key]:
                    likely = thread[1] == process.main_thread or thread in self._threads.tapped
                    if thread != found.thread:
                        found.providers.append(Provider(thread, likely))

    def kind(self, key: int) -> str:
        """Return the kind of a lock, or the type of an object of a manager; empty for others."""
        lock, managed = self._world.locks.get(LockKey(key)), self._world.managed.get(ManagedKey(key))
        return lock.kind if lock is not None else managed.type if managed is not None else ""

    def access(self, key: int | None) -> Access:
        """Return who has used an object, with its key; an empty one where nothing is known."""
        return self._world.access.get(key or 0) or Access()

    def reach(
        self,
        found: Blocking,
        access: Access,
        used: Iterable[Thread],
        *,
        end: int | None = None,
        without: Collection[Thread] = (),
    ) -> None:
        """Add all threads that can reach an object.

        Args:
            found: gets them as providers.
            access: of the object; of a duplex Pipe that of the other end, which some may have been given alone.
            used: threads that have used it in the way that would end the wait.
            end: only processes that have this end of a pipe open: `READ` or `WRITE`.
            without: threads that do nothing but what others ask of them.
        """
        wait = found.wait
        used = set(used)
        ends = self._world.open_ends.get(wait.end, {}) if wait is not None else {}
        if access.made is None and access.maker is None and not access.given and not access.users:
            found.able = True  # its creator is not known
            return
        kind = self.kind(found.key)
        received = self._received(access, ends, end)
        for process, inherits in self._reaching(access, found.key, received):
            if end is not None and not ends.get(process.key, _ANY_END)[end]:
                continue
            found.able = found.able or (wait is not None and self.calls.handler_may_end(process, wait, kind))
            for thread in self._threads.of[process.key]:
                if thread == found.thread or thread in without:
                    continue
                main = thread[1] == process.main_thread
                is_maker = main and access.maker == process.key
                # An object that was passed to some processes is hardly meant for others that merely inherit it.
                meant = main and (process.key in access.given | received if access.given else inherits)
                calls = self._world.thread_calls.get(thread, ()) if not main and wait is not None else ()
                likely = (
                    thread in used
                    or ((is_maker or meant) and not self._is_over(process, found.thread))
                    or (wait is not None and self.calls.may_end(calls, wait, kind))
                )
                found.providers.append(Provider(thread, likely))

    def _received(
        self, access: Access, ends: Mapping[ProcessKey, tuple[bool, bool]], end: int | None
    ) -> Set[ProcessKey]:
        """Return the processes that have an end of a pipe open without having inherited it: it came in a message."""
        if end is None:
            return frozenset()
        having = {key for key, is_open in ends.items() if is_open[end]}
        return {
            process.key
            for process in self._threads.processes
            if process.key in having and not self._inherits(process, access)
        }

    def _reaching(
        self, access: Access, key: int, received: Set[ProcessKey] = frozenset()
    ) -> Iterator[tuple[Process, bool]]:
        """Yield each living process that can reach an object, and whether it has been handed it.

        Args:
            access: of the object.
            key: the object's.
            received: processes that have been handed it in a message.
        """
        used = {process for process, _ in access.users}
        shared = self._world.channels.get(ChannelKey(key)) or self._world.locks.get(LockKey(key))
        seen = set(shared.shared_with_unobserved) if shared is not None else set[int]()
        for process in self._threads.processes:
            inherits = process.key in received or self._inherits(process, access)
            known = process.probed or (process.inspected and access.exact)
            hidden = not known and (process.unobserved not in _SEPARATE or process.key in seen)
            hidden = hidden or self._may_be_given_more(process)
            if inherits or hidden or process.key in used:
                yield process, inherits

    def _may_be_given_more(self, process: Process) -> bool:
        """Return whether a process may have been passed objects that the probe did not find in its arguments."""
        if process.start_method not in BY_IMPORT or process.inspected:
            return False
        return process.key not in self._world.examined

    def _inherits(self, process: Process, access: Access) -> bool:
        seen: set[int] = set()
        current: Process | None = process
        while current is not None and current.key not in seen:
            seen.add(current.key)
            if access.maker == current.key or current.key in access.given:
                return True
            forked = current.start_method == "fork" or current.role == "fork"
            if not forked or (access.made is not None and (current.started or 0.0) < access.made):
                return False
            current = self._threads.by_pid.get(current.parent or 0)
        return False

    def _is_over(self, process: Process, waiting: Thread) -> bool:
        """Return whether the main thread of a process has nothing more to do, or waits for `waiting` before it has.

        At the end of `asyncio.run()` or of its own code it waits for threads of its process, and may go on after that.
        """
        place = self._world.blocked_places.get((process.key, process.main_thread or 0))
        awaited = place is not None and place.is_over and waiting[0] == process.key
        return process.phase is Phase.EXITING or awaited
