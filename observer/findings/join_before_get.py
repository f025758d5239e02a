"""A process that is joined before what it has put into a Queue was read: it cannot end, since its Queue is full."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Channel, Finding, Process, Wait, World
from .phrases import items

_PATIENCE = 0.5
"""Seconds; a feeder that is merely busy is done sooner."""


def find(world: World) -> Iterator[Finding]:
    alive = [process for process in world.living_processes if process.observed]
    full = {
        process.main_wait.key
        for process in alive
        if process.main_wait is not None
        and process.main_wait.op == "flush"
        and world.now - process.main_wait.since >= _PATIENCE
    }
    for key in full:
        channel = world.channels.get(key)
        if channel is not None and channel.buffered:
            yield from _found(world, channel, alive)


def _found(world: World, channel: Channel, alive: list[Process]) -> Iterator[Finding]:
    """One for each that is joined: those that put into the same channel wait with it, each to be joined in its turn."""
    if any(_reads(wait, channel) for process in alive for wait in process.waits):
        return
    ending = [each for each in alive if each.main_wait is not None and each.main_wait.op == "flush"]
    stuck = [each for each in ending if each.main_wait is not None and each.main_wait.key == channel.key]
    joiners = [(each, child) for child in stuck for each in alive if _joins(each, child)]
    waiting = _who_waits_for(stuck, alive)
    # Who ends gets nothing any more, whatever it has put somewhere itself.
    others = [each for each in alive if each not in stuck and each not in waiting]
    if any(each not in ending for each in others):
        return
    told: set[int] = set()
    for joiner, child in joiners:
        if child.key in told:
            continue
        told.add(child.key)
        also = len(stuck) - 1
        nor = f", nor can {'another one' if also == 1 else f'{also} others'}" if also else ""
        yield Finding(
            "join-before-get",
            "error",
            "suspected" if others else "certain",
            f"{joiner.name} waits for {child.name} to end, and {child.name} cannot{nor}: {items(channel.buffered)} of "
            f"{channel.name} found no room in its pipe, and nobody gets from it",
            at=world.now,
            site=next((wait.site for wait in joiner.waits if wait.op == "join" and wait.key == child.key), None),
            processes=(joiner.key, child.key),
            objects=(channel.key,),
            advice=f"Get everything from {channel.name} first, and join {child.name} after that",
        )


def _reads(wait: Wait, channel: Channel) -> bool:
    return wait.key == channel.key and wait.op not in ("put", "feed", "flush", "join")


def _who_waits_for(stuck: list[Process], alive: list[Process]) -> list[Process]:
    """Those that join one of them, or one that does."""
    waiting: list[Process] = []
    while more := [
        each
        for each in alive
        if each not in stuck and each not in waiting and any(_joins(each, child) for child in (*stuck, *waiting))
    ]:
        waiting += more
    return waiting


def _joins(process: Process, child: Process) -> bool:
    return any(wait.op == "join" and wait.key == child.key for wait in process.waits)
