"""A program in which everybody waits, and nobody is left who could wake any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..model import Finding, Process, State, World
from . import deadlock, holder_died, join_before_get, task_lost
from .phrases import named
from .wait_graph import WaitEdge
from .wait_graph import waits as edges
from .wait_sentences import InVain, in_vain

_PATIENCE = 1.0
"""Seconds; what is on its way to another process arrives sooner, and so does what we hear of it."""
_TOLD = 3
"""Things that are waited for, at the most, of which a message tells."""


def find(world: World) -> Iterator[Finding]:
    """At most one: that no other rule has found the reason is a part of it."""
    people = world.living_processes
    if not _still(world, people) or any(map(_explains(world), _found_by_others(world))):
        return
    reasons = _reasons(world)
    if not reasons:
        return
    told = [in_vain(each) for each in reasons[:_TOLD]]
    joined = _who_joins(world, {process.key for each in reasons for process in each.processes})
    first = reasons[0]
    yield Finding(
        "standstill",
        "error",
        # A signal handler may set an Event, and that of Ctrl-C cannot be told from Python's own.
        "suspected" if any(each.kind == "Event" and each.op == "wait" for each in reasons) else "certain",
        "; ".join(sentence for sentence, _ in told) + joined + _failed(world),
        at=world.now,
        site=first.first.site,
        processes=tuple(each.key for each in people),
        objects=tuple(each.key for each in reasons),
        advice=told[0][1],
    )


def _still(world: World, people: list[Process]) -> bool:
    """Whether the operating system has said so, and nothing has happened since."""
    if world.still is None or world.now - world.still < _PATIENCE or not people:
        return False
    ends = [each.ended for each in world.processes.values() if each.ended is not None]
    begins = [each.started for each in people if each.started is not None]
    waiting = all(each.observed and each.state is State.WAITING for each in people)
    return waiting and max([*ends, *begins, *(wait.since for each in people for wait in each.waits)]) <= world.still


def _found_by_others(world: World) -> Iterator[Finding]:
    for rule in (deadlock.find, holder_died.find, join_before_get.find, task_lost.find):
        yield from rule(world)


def _explains(world: World) -> Callable[[Finding], bool]:
    """Whether it is about somebody who waits, and not about what only the next one would wait for."""

    def explains(finding: Finding) -> bool:
        living = any(key in world.processes and world.processes[key].state.alive for key in finding.processes)
        return finding.severity == "error" and (living or finding.verdict != "certain")

    return explains


def _reasons(world: World) -> list[InVain]:
    """Those that began first come first. Who joins a process, or wants a lock that another one has, is no reason."""
    found: dict[tuple[str, int, str], InVain] = {}
    shut_out: list[WaitEdge] = []
    threads: set[tuple[int, int]] = set()
    killed = [each for each in world.processes.values() if each.signal is not None]
    for edge in edges(world.processes.values(), world.locks.values(), world.managed.values()):
        if edge.thread in threads:
            continue  # it is within a wait that was seen before
        threads.add(edge.thread)
        wait, process = edge.wait, world.processes[edge.process]
        counts = edge.lock is not None and edge.lock.kind in ("Semaphore", "BoundedSemaphore")
        if not process.state.alive or world.joined(wait) is not None:
            continue
        if edge.holders and not counts:
            shut_out.append(edge)
            continue
        if world.busy(wait):
            continue  # what the worker waits for is the reason
        thing = edge.lock or world.channels.get(wait.key)
        holders = [world.processes[each.process] for each in edge.holders if each.process in world.processes]
        reason = found.setdefault((wait.op, wait.key, wait.object), InVain(wait, thing, holders=holders, killed=killed))
        if process not in reason.processes:
            reason.processes.append(process)
        if wait.since < reason.first.since:
            reason.first = wait
    # No reason is the feeder thread of what is waited for anyway, nor who waits to be woken by one that is at it and
    # cannot, nor a worker of a pool that has nothing to do.
    fed = {key for op, key, _ in found if op != "feed"}
    waking = {key for op, key, _ in found if op in ("set", "notify")}
    reasons = [
        each
        for each in found.values()
        if not (each.internal or (each.op == "feed" and each.key in fed) or (each.op == "wait" and each.key in waking))
    ]
    for each in reasons:
        each.mutual = any(other.key == each.key and other.name != each.name for other in reasons)
        _tell_who_is_shut_out(world, each, shut_out)
    # Who gets waits for others by its nature: rarely is that where it went wrong.
    return sorted(reasons, key=lambda each: (each.op == "get", each.first.since, each.key))


def _tell_who_is_shut_out(world: World, reason: InVain, waits: list[WaitEdge]) -> None:
    """waits: for locks."""
    for wait in waits:
        process, lock = world.processes[wait.process], wait.wait.object
        holder = next((each for each in reason.processes if each.key in {hold.process for hold in wait.holders}), None)
        if holder is not None and process not in reason.shut_out and lock == (reason.lock or lock):
            reason.lock, reason.holder = lock, holder.name
            reason.shut_out.append(process)


def _who_joins(world: World, waiting: set[int]) -> str:
    """The first of those that wait for another one to end."""
    for process in world.processes.values():
        for wait in process.waits if process.state.alive and process.key not in waiting else ():
            target = world.joined(wait)
            if target is not None:
                return f"; {process.name} waits for {target.name} to end"
            if world.busy(wait):
                return f"; {process.name} waits for a result of {wait.object}"
    return ""


def _failed(world: World) -> str:
    """Who has ended with an error: perhaps before it could do what is waited for."""
    failed = [each for each in world.processes.values() if each.exitcode is not None and each.exitcode > 0]
    alike = [each for each in failed if each.exitcode == failed[0].exitcode]
    return f"; {named(alike)} had ended with exit {failed[0].exitcode}" if failed else ""
