"""What is waited for in vain, in a sentence: by whom, why it will not come, and how to repair it."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..model import Channel, Lock, Process, Wait
from .phrases import items, named


@dataclass
class InVain:
    """Waits of the same kind for the same object, and none of those who could end them is left."""

    first: Wait
    """The one that began first."""
    thing: Channel | Lock | None
    processes: list[Process] = field(default_factory=list[Process])
    holders: list[Process] = field(default_factory=list[Process])
    """Of a semaphore: they wait as well, or have ended."""
    killed: list[Process] = field(default_factory=list[Process])
    """Those of the program that a signal has ended, wherever they were."""
    lock: str = ""
    """What one of them has in its hands meanwhile,"""
    holder: str = ""
    shut_out: list[Process] = field(default_factory=list[Process])
    """and who waits for that: perhaps those who would end this wait."""
    mutual: bool = False
    """At the other end of the Pipe somebody waits to receive, too."""

    @property
    def nobody(self) -> str:
        return "nobody is free" if self.shut_out else "nobody is left"

    @property
    def op(self) -> str:
        return self.first.op

    @property
    def key(self) -> int:
        return self.first.key

    @property
    def name(self) -> str:
        return self.first.object

    @property
    def internal(self) -> bool:
        return isinstance(self.thing, Channel) and self.thing.internal

    @property
    def kind(self) -> str:
        return self.thing.kind if self.thing is not None else ""


def in_vain(reason: InVain) -> tuple[str, str]:
    """Who waits for what and why in vain, and what would repair it."""
    sentence, advice = _by_itself(reason)
    if reason.shut_out:
        wait = "waits" if len(reason.shut_out) == 1 else "wait"
        sentence += f"; {named(reason.shut_out)} {wait} for {reason.lock}, which {reason.holder} holds meanwhile"
        advice = (
            f"Release {reason.lock} before you wait for {reason.name or 'others'}: who would end that wait needs it"
        )
    return sentence, advice


def _by_itself(reason: InVain) -> tuple[str, str]:
    thing = reason.thing
    if isinstance(thing, Channel):
        return _of_channel(reason, thing)
    if thing is not None:
        return _of_lock(reason, thing)
    if reason.op == "result":
        return f"{_who(reason)} for a result of {reason.name}, and nobody there has a task any more", (
            f"Look on stderr for what a thread of {reason.name} has raised, let no callback raise (a KeyError of one "
            "is not even printed), and wait with get(timeout)"
        )
    what = f"for {reason.name}" if reason.name else f"in {reason.op}()"
    return f"{_who(reason)} {what}, and everybody else waits as well", "Let one of them go on without the others"


def _of_channel(reason: InVain, channel: Channel) -> tuple[str, str]:
    who, name = _who(reason), reason.name
    if reason.op == "join":
        return f"{who} in {name}.join() {_undone(channel)}", (
            f"Call {name}.task_done() for every item that was got, in a finally block, and let somebody get them all"
        )
    if reason.op in ("put", "send", "feed", "flush"):
        pipe = name if reason.op == "put" else f"the pipe of {name}"
        call = {"feed": "for its feeder thread", "flush": "for its feeder thread, to end"}.get(
            reason.op, f"in {name}.{reason.op}()"
        )
        if channel.ends is not None and name in channel.ends:
            other = channel.ends[channel.ends[0] == name]
            return f"{who} {call}: {pipe} is full, and {reason.nobody} to receive at {other}", (
                f"Let somebody receive at {other} while this is sent; if both ends send first, let one receive first"
            )
        return f"{who} {call}: {pipe} is full, and {reason.nobody} to get from it", (
            f"Let somebody get from {name} until nothing more will come"
        )
    call = f"in {name}.{reason.op}()"
    if channel.kind in ("Pipe", "Connection"):
        advice = (
            "Close the ends of a Pipe that a process does not use: recv() raises EOFError once the other end is gone"
        )
        if reason.mutual:
            advice = "Answer every message, also after an error: each end waits for the other"
        return f"{who} {call}, and {reason.nobody} to send something there", advice
    there = max(channel.depth - channel.buffered, 0)
    if there:
        lies = f"{items(there)} {'lies' if there == 1 else 'lie'}"
        return (
            f"{who} {call} though {lies} there: it seems that a process was ended in the midst of a get() or put()",
            f"Never end a process that uses {name}: let it end by itself",
        )
    nothing = "nothing is left" if channel.put else "nothing was put"
    if channel.died:
        part = "; a part of it may lie there" if reason.killed else ""
        nothing += f" ({_ended(channel)}{part})"
    elif reason.killed:
        how = f"{named(reason.killed)} {'was' if len(reason.killed) == 1 else 'were'} ended by a signal"
        nothing = f"{nothing.replace('nothing', 'nothing whole')} ({how}, perhaps in the midst of a put())"
    return f"{who} {call}, where {nothing}, and {reason.nobody} to put something there", (
        f"Let who puts into {name} end with a sign that nothing more comes, such as None, one for each that gets, also "
        "after an error"
    )


def _ended(channel: Channel) -> str:
    return f"{items(channel.died)} ended with the process that had put {'it' if channel.died == 1 else 'them'}"


def _undone(channel: Channel) -> str:
    """What stands between a JoinableQueue and the end of `join`."""
    if channel.depth:
        return f"until every item was done, and {items(channel.depth)} will never be got: nobody is left to get"
    if channel.lost:
        return (
            f"until every item was done, and {items(channel.lost)} could not be pickled: nobody will call task_done()"
        )
    if channel.died:
        return f"until every item was done, and {_ended(channel)}: nobody will call task_done()"
    got = "the item was got, and is not" if channel.got == 1 else f"{channel.got} items were got, and are not all"
    return f"for a task_done() that nobody is left to call: {got} done"


def _of_lock(reason: InVain, lock: Lock) -> tuple[str, str]:
    who, name = _who(reason), reason.name
    if reason.op in ("notify", "set"):
        call = "wait" if lock.kind == "Barrier" else reason.op
        return f"{who} in {name}.{call}() for the answer of one that waited there, and was ended before it woke", (
            f"Never end a process that waits at {name}: let it end by itself"
        )
    if lock.kind == "Barrier":
        come, parties = len(lock.waiters), lock.value or 0
        where = f", where {come} of {parties} have come" if come < parties else ""
        return f"{who} at {name}{where}, and {reason.nobody} to come", (
            f"Make {name} for as many as really come, let who gives up call abort(), or wait with a timeout"
        )
    if lock.kind == "Condition":
        return f"{who} in {name}.wait(), and {reason.nobody} to call notify()", (
            f"Before {name}.wait(), look whether what it waits for is there already, or use wait_for(): "
            "a notify() that comes before is not kept"
        )
    if lock.kind == "Event":
        return f"{who} in {name}.wait(), and {reason.nobody} to call set()", (
            f"Let who is to set {name} do so in a finally block, or wait with a timeout"
        )
    call = f"{who} in {name}.acquire()"
    ended = [each for each in reason.holders if not each.state.alive]
    if ended:
        call += f"; {named(ended)} ended without release()"
        advice = f"Use `with {name}:`, which releases it whatever happens"
    elif any(each not in reason.processes for each in reason.holders):
        advice = "Take semaphores in the same order everywhere, or one at a time"
    else:
        advice = f"Use `with {name}:`, which releases it whatever happens, and do not take it twice"
    took = f", which {named(reason.holders)} took" if reason.holders and not ended else ""
    return f"{call}{took}, and {reason.nobody} to call release()", advice


def _who(reason: InVain) -> str:
    return f"{named(reason.processes)} {'waits' if len(reason.processes) == 1 else 'wait'}"
