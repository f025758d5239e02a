"""Items were never received: a loop asked `empty()` whether more would come, and a producer had not put them yet.

`while not q.empty(): use(q.get())` ends as soon as the Queue is empty for a moment. `empty()` says nothing about the
items that are still to come, and also misses those that are on their way. Let each producer put a last item such as
None, and get items until all of these have come; or get as many items as will be put.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Channel, Finding, Severity, Verdict, World
from .rule import Facts, Rule
from .sentences import items


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    if not _ended_as_intended(world):
        return
    for channel in world.channels.values():
        if channel.until_empty is not None and channel.depth and not channel.shared_with_unobserved:
            yield _finding(world, channel)


def _ended_as_intended(world: World) -> bool:
    """Return whether all processes have ended by themselves: what a program stops leaves items on purpose."""
    main = world.main_process
    if main is None or main.ended is None or main.exitcode != 0:
        return False
    children = [process for process in world.processes.values() if process.role == "process"]
    return all(process.exitcode in (0, None) and process.terminated is None for process in children)


def _finding(world: World, channel: Channel) -> Finding:
    count = channel.depth
    return RULE.finding(
        world,
        Severity.INFO if channel.got else Severity.WARNING,  # the last items may be of no use, all of them are not
        Verdict.SUSPECTED,
        {
            "items": items(count),
            "channel": channel.name,
            "were": "was" if count == 1 else "were",
            "loop": channel.until_empty,
        },
        site=channel.until_empty,
        objects=(channel.key,),
    )


RULE = Rule(
    "never-received",
    __doc__,
    "{items} of {channel} {were} never received: the loop at {loop} ends when {channel}.empty() is true, which it also "
    "is when a process has not put its next item yet",
    "Let each process that puts items put a last one such as None, and get items until all of these have come; or get "
    "as many items as will be put",
    _find,
    needs_history=True,
)
