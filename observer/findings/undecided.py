"""Waits that no rule can judge, because who could end them is not in the model.

Where the main process depends on one of them, "nothing was found" says nothing: a lock in a manager may be held by a
process that has ended, and a process that a signal has stopped may never go on.
"""

from __future__ import annotations

from ..model import State, World
from .dead_waits import DeadWaits
from .sentences import waits_in


def undecided(world: World) -> list[str]:
    """Return a clause for each of these waits, if the main process could wait forever because of them."""
    main = world.main_process
    waits = DeadWaits(world)
    if main is None or waits.main_is_dead:
        return []
    stopped = [process for process in waits.providers.threads.processes if process.state is State.STOPPED]
    if main in stopped:
        return [f"what {main.name}, which a signal has stopped, will do"]
    frozen = {thread for process in stopped for thread in waits.providers.threads.of[process.key]}
    supposed = waits.dead_if(frozen)
    thread = main.key, main.main_thread or 0
    if thread not in supposed or thread in waits.dead:
        return []
    found = [f"what {process.name}, which a signal has stopped, will do" for process in stopped]
    unknown = [blocking for blocking in waits.blockings.values() if blocking.unknown and blocking.thread in supposed]
    return found + [f"who could end this: {waits_in(blocking, world)}" for blocking in unknown]
