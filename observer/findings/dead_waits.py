"""The waits that no thread can end any more: a greatest fixpoint over the waits of a program and their providers.

A wait is dead if each thread that could end it has ended or is in a dead wait itself. Other threads do not matter.
The fixpoint is computed twice: once with every thread that can reach an object (what is dead then is proved), once
with those alone that are known to use it (what is dead only then is suspected).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import msgspec

from ..model import Process, SignalHandler, Thread, Verdict, World
from ..model.keys import ChannelKey
from .blocking import Blocking, Need, Provider
from .providers import Providers

SUSPICION_SECONDS = 5.0
"""Seconds for which nothing must have changed before a wait is suspected that something unlikely could still end."""
_ORDER = {need: index for index, need in enumerate(Need)}


class Cause(msgspec.Struct):
    """Waits that block each other or that no thread can end, and the threads that wait because of them."""

    waits: list[Blocking]
    """The waits, beginning with the one that explains the others."""
    verdict: Verdict
    affected: list[Blocking] = msgspec.field(default_factory=list[Blocking])
    """Dead waits outside of the group: they would end if the group's did."""
    alike: list[Blocking] = msgspec.field(default_factory=list[Blocking])
    """Waits of other causes that a rule reports together with the first wait of this one."""
    handlers: list[tuple[Process, SignalHandler]] = msgspec.field(default_factory=list[tuple[Process, SignalHandler]])
    unlikely: list[Thread] = msgspec.field(default_factory=list[Thread])
    """Threads that could end it although they have never used the object."""

    @property
    def primary(self) -> Blocking:
        return self.waits[0]

    @property
    def since(self) -> float:
        """The moment at which the last of its waits began."""
        return max(wait.since for wait in self.waits)


class DeadWaits:
    """All that is known about the waits of a world at one moment."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.providers = Providers(world)
        self.blockings = self.providers.blockings()
        self._handled = {
            (process.key, process.main_thread or 0)
            for process in self.providers.threads.processes
            if self._may_be_handled(process)
        }
        self.proved = _dead(self.blockings, self._handled, strict=True)
        self.dead = self.proved | _dead(self.blockings, set(), strict=False)
        """The dead waits, including those that are only suspected."""
        self.in_vain = _dead(self.blockings, set(), strict=False, timed=True) - self.dead
        """Waits that will only end by their time-out, and those that depend on them."""
        self.causes = self._causes()

    def dead_if(self, frozen: Collection[Thread]) -> set[Thread]:
        """Return the waits that would be dead if those of which nothing is known never ended.

        Args:
            frozen: threads that would do nothing more.
        """
        return _dead(self.blockings, self._handled, strict=False, frozen=frozen)

    def in_vain_with(self, polls: Collection[Thread]) -> set[Thread]:
        """Return the waits that no thread ends, if some threads do nothing but ask again when their time-out is over.

        A thread in another wait with a time-out goes on after that, and may then do anything.

        Args:
            polls: the threads that do nothing else.
        """
        return _dead(self.blockings, set(), strict=False, polls=polls)

    @property
    def main_is_dead(self) -> bool:
        """Return whether it is proved that the main thread of the main process waits forever."""
        main = self._world.main_process
        return main is not None and (main.key, main.main_thread or 0) in self.proved

    def starves(self, channel: ChannelKey) -> bool:
        """Return whether a thread waits for an item of a channel, and no thread can put one any more."""
        return any(cause.primary.need is Need.ITEM and cause.primary.key == channel for cause in self.causes)

    def _may_be_handled(self, process: Process) -> bool:
        """Return whether a handler of a signal may end a wait of a process's main thread.

        A handler cannot end a wait that it has begun itself: it would only wait again.
        """
        blocking = self.blockings.get((process.key, process.main_thread or 0))
        nested = blocking is not None and blocking.wait is not None and blocking.wait.nested
        return len(_handlers_that_may_end(process, blocking)) > (1 if nested else 0)

    def _causes(self) -> list[Cause]:
        graph = {thread: self._dead_providers(thread) for thread in self.dead}
        groups = _components(graph)
        group_of = {thread: index for index, group in enumerate(groups) for thread in group}
        causes: dict[int, Cause] = {}
        for index, group in enumerate(groups):
            if all(group_of[successor] == index for thread in group for successor in graph[thread]):
                causes[index] = self._cause(group)
        for index, cause in causes.items():
            waiting = _all_that_reach(set(groups[index]), graph)
            cause.affected = sorted((self.blockings[wait] for wait in waiting), key=lambda blocking: blocking.since)
        now = self._world.now
        return [
            cause
            for cause in causes.values()
            if cause.verdict is not Verdict.SUSPECTED or now - cause.since >= SUSPICION_SECONDS
        ]

    def _dead_providers(self, thread: Thread) -> list[Thread]:
        providers = self.blockings[thread].providers
        return [
            thread.thread for thread in providers if thread.thread in self.dead and (thread.likely or _alone(providers))
        ]

    def _cause(self, group: Iterable[Thread]) -> Cause:
        waits = sorted((self.blockings[blocking] for blocking in group), key=_explains)
        if all(wait.thread in self.proved for wait in waits):
            return Cause(waits, Verdict.ORPHANED if waits[0].ended else Verdict.CERTAIN)
        cause = Cause(waits, Verdict.SUSPECTED)
        members = {wait.thread[0] for wait in waits}
        cause.handlers = [
            (process, handler)
            for process in self.providers.threads.processes
            if process.key in members
            for handler in _handlers_that_may_end(process, self.blockings.get((process.key, process.main_thread or 0)))
        ]
        could = [thread.thread for wait in waits for thread in wait.providers if thread.thread not in self.proved]
        cause.unlikely = [thread for thread in dict.fromkeys(could) if thread not in self.dead]
        return cause


def _handlers_that_may_end(process: Process, blocking: Blocking | None) -> list[SignalHandler]:
    """Return the handlers of a process inside of which its main thread does not wait already."""
    site = blocking.wait.site if blocking is not None and blocking.wait is not None else None
    return [handler for handler in process.handlers if not handler.only_waits_at(site)]


def _explains(blocking: Blocking) -> tuple[int, float]:
    return _ORDER[blocking.need], blocking.since


def _alone(providers: list[Provider]) -> bool:
    return not any(thread.likely for thread in providers)


def _dead(
    blockings: Mapping[Thread, Blocking],
    handled: set[Thread],
    *,
    strict: bool,
    timed: bool = False,
    polls: Collection[Thread] = (),
    frozen: Collection[Thread] | None = None,
) -> set[Thread]:
    """Return the threads that no other thread can wake any more.

    Args:
        blockings: every thread that waits.
        handled: threads that a handler of a signal can wake.
        strict: each thread that can reach an object may end a wait for it, not only those known to use it.
        timed: waits with a time-out count as if they had none.
        polls: threads whose waits count as if they had no time-out.
        frozen: see `DeadWaits.dead_if`; None if waits of which nothing is known may end.
    """
    alive: list[Thread] = []
    waiting_for: dict[Thread, list[Thread]] = defaultdict(list)
    for thread, blocking in blockings.items():
        able = blocking.able and not (blocking.unknown and frozen is not None)
        if able or thread in handled or (blocking.timed and not timed and thread not in polls):
            alive.append(thread)
            continue
        for provider in blocking.providers:
            if not (strict or provider.likely):
                continue
            if provider.thread in blockings:
                waiting_for[provider.thread].append(thread)
            elif provider.thread not in (frozen or ()):
                alive.append(thread)
    dead = set(blockings)
    while alive:
        thread = alive.pop()
        if thread in dead:
            dead.discard(thread)
            alive.extend(waiting_for[thread])
    return dead


def _all_that_reach(group: set[Thread], graph: Mapping[Thread, list[Thread]]) -> set[Thread]:
    """Return the threads outside of a group from which the group can be reached."""
    into: dict[Thread, list[Thread]] = defaultdict(list)
    for thread, others in graph.items():
        for other in others:
            into[other].append(thread)
    found: set[Thread] = set()
    left = list(group)
    while left:
        for thread in into[left.pop()]:
            if thread not in found and thread not in group:
                found.add(thread)
                left.append(thread)
    return found


def _components(graph: Mapping[Thread, list[Thread]]) -> list[list[Thread]]:
    """Return the strongly connected components, by Tarjan's algorithm without recursion."""
    index: dict[Thread, int] = {}
    low: dict[Thread, int] = {}
    stack: list[Thread] = []
    on_stack: set[Thread] = set()
    found: list[list[Thread]] = []
    for root in graph:
        if root in index:
            continue
        work = [(root, iter(graph[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            thread, others = work[-1]
            for other in others:
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    on_stack.add(other)
                    work.append((other, iter(graph[other])))
                    break
                if other in on_stack:
                    low[thread] = min(low[thread], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[thread])
                if low[thread] == index[thread]:
                    group: list[Thread] = []
                    while not group or group[-1] != thread:
                        group.append(stack.pop())
                        on_stack.discard(group[-1])
                    found.append(group)
    return found
