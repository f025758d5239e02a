"""A process that is joined before what it has put into a Queue was read: it cannot end, since its Queue is full."""

from __future__ import annotations

from collections.abc import Iterator

from ..world import Finding, Process, World

_PATIENCE = 0.5
"""Seconds; a feeder that is merely busy is done sooner."""
_HELPERS = ("forkserver", "resource tracker")
"""Of multiprocessing itself: they get nothing from a program's Queue."""


def find(world: World) -> Iterator[Finding]:
    alive = [
        process
        for process in world.processes.values()
        if process.state.alive and process.probed and process.role not in _HELPERS
    ]
    for child in alive:
        waiting = child.waiting
        if waiting is None or waiting.op != "flush" or world.now - waiting.since < _PATIENCE:
            continue
        channel = world.channels.get(waiting.key)
        if channel is None or not channel.buffered:
            continue
        joiners = [each for each in alive if _joins(each, child)]
        others = [each for each in alive if each is not child and each not in joiners]
        if not joiners or any(_may_read(each, channel.key) for each in others):
            continue
        joiner = joiners[0]
        yield Finding(
            "join-before-get",
            "error",
            "suspected" if others else "certain",
            f"{joiner.name} waits for {child.name} to end, and {child.name} cannot: {_items(channel.buffered)} of "
            f"{channel.name} found no room in its pipe, and nobody gets from it",
            at=world.now,
            site=next((doing.site for doing in joiner.doing if doing.op == "join"), None),
            processes=(joiner.key, child.key),
            objects=(channel.key,),
            mend=f"Get everything from {channel.name} first, and join {child.name} after that",
        )


def _joins(process: Process, child: Process) -> bool:
    return any(doing.op == "join" and doing.key == child.key for doing in process.doing)


def _may_read(process: Process, channel: int) -> bool:
    """Whether it may yet come to get from this channel: it runs, or it waits for nothing that is stuck as well."""
    waiting = process.waiting
    return waiting is None or waiting.op not in ("join", "flush") or waiting.key == channel


def _items(count: int) -> str:
    return "an item" if count == 1 else f"{count} items"
