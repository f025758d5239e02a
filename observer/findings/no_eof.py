"""A thread waits for a message of a Pipe, and no process will send one.

`recv()` raises EOFError only when no process has the sending end open any more. The process that made the Pipe keeps
both ends open until it closes them, under every start method. Under fork, all children that it starts afterwards have
them open as well. Close the end that a process does not use, right after `start()`. Two ends of a connection of a
`Listener` that wait for each other are found as well, where only processes of this program have them.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Process
from ..model.keys import ChannelKey
from .blocking import Need
from .dead_waits import Cause
from .phrases import named
from .rule import Facts, Rule
from .unended import findings_of


def _find(facts: Facts) -> Iterator[Finding]:
    return findings_of(facts, RULE, Need.MESSAGE, _more)


def _more(facts: Facts, cause: Cause) -> dict[str, str]:
    world, first = facts.world, cause.primary
    channel = world.channels[ChannelKey(first.key)]
    if any(wait.need is Need.MESSAGE and wait.key == first.key and wait is not first for wait in cause.waits):
        return {"open": "", "advice": _ANSWER}
    end = first.wait.object if first.wait is not None else ""
    other = next((name for name in channel.ends or () if name != end), "the other end")
    keepers = [process for process in facts.waits.providers.threads.processes if _may_have_open(facts, cause, process)]
    if not keepers:
        return {"open": ""}
    have = "has" if len(keepers) == 1 else "have"
    still_open = f"; {named(keepers)} still {have} {other} open, so that recv() raises no EOFError"
    if channel.kind == "Connection":
        return {"open": still_open, "advice": _SEND}
    fields = {"open": still_open, "other": other, "keepers": named(keepers)}
    if channel.owner is not None and all(process.key != channel.owner for process in keepers):
        return {**fields, "advice": _CLOSE_IN_CHILD}
    if len(keepers) > 1 or not channel.ends:
        return {"open": still_open}
    return {**fields, "advice": _CLOSE_AFTER_START}


def _may_have_open(facts: Facts, cause: Cause, process: Process) -> bool:
    first = cause.primary
    connection = facts.world.connection_ends.get(first.thread)
    if connection is not None:
        return process.key in connection.holders
    ends = facts.world.open_ends.get(first.wait.end) if first.wait is not None else None
    if ends is not None:
        return ends.get(process.key, (False, False))[1]
    return process.key == first.thread[0] or any(thread.thread[0] == process.key for thread in first.providers)


_CLOSE_IN_CHILD = (
    "Fork has copied {other} into {keepers}: pass it as an argument as well, and call {other}.close() there before "
    "anything else. recv() raises EOFError once no process has the other end"
)
_CLOSE_AFTER_START = (
    "Call {other}.close() in {keepers}, right after start() of the processes that use that end: recv() raises EOFError "
    "once no process has it open. Close each end where it is not used"
)
_SEND = "Send what is awaited, or close the connection, before you wait for a process that waits for it"
_ANSWER = "Answer every message, also after an error: each end waits for the other"
RULE = Rule(
    "no-eof",
    __doc__,
    "{who} in {call}{where}, and no process can send anything there any more{unless}{because}{open}{consequences}",
    "Close the ends of a Pipe that a process does not use, right after start(): recv() raises EOFError once no "
    "process has the other end",
    _find,
    advice_variants=(_ANSWER, _CLOSE_AFTER_START, _CLOSE_IN_CHILD, _SEND),
)
