"""Worlds that no program has made, in which tests search for problems."""

from __future__ import annotations

from rockproc.observer.findings import Facts, Rule
from rockproc.observer.findings.dead_waits import DeadWaits
from rockproc.observer.findings.polls import Polls
from rockproc.observer.model import Access, Channel, Finding, Hold, Lock, Process, Site, State, Wait, World
from rockproc.observer.model.keys import ChannelKey, LockKey, ProcessKey
from rockproc.observer.report.text import site_suffix

NOW = 10.0
SCRIPT = "/lab/invented.py"


class Invented:
    """A world whose processes a test defines. Objects are known by their names; lines are those of the waits."""

    def __init__(self) -> None:
        self.world = World(now=NOW)

    def process(self, name: str, state: State = State.RUNNING, parent: int | None = 1, **more: object) -> Process:
        key = ProcessKey(len(self.world.processes) + 1)
        process = Process(key, name, pid=key, parent=parent, state=state, main_thread=1, started=0.0, probed=True)
        process.other_threads, process.start_method = (), "fork"
        if parent is None:
            self.world.main = key
        for attribute, value in more.items():
            setattr(process, attribute, value)
        self.world.processes[key] = process
        self.world.examined.add(key)
        return process

    def channel(self, name: str, kind: str = "Queue", **more: object) -> Channel:
        channel = Channel(ChannelKey(100 + len(self.world.channels)), kind, name, site=Site(SCRIPT, 1))
        for attribute, value in more.items():
            setattr(channel, attribute, value)
        self.world.channels[channel.key] = channel
        self.world.access[channel.key] = Access(made=0.0, maker=ProcessKey(1))
        return channel

    def lock(self, name: str, kind: str = "Lock", **more: object) -> Lock:
        lock = Lock(LockKey(200 + len(self.world.locks)), kind, name)
        for attribute, value in more.items():
            setattr(lock, attribute, value)
        self.world.locks[lock.key] = lock
        access = self.world.access[lock.key] = Access(made=0.0, maker=ProcessKey(1))
        access.users.update((hold.process, hold.thread) for hold in lock.holders)
        return lock

    def waits(
        self, process: Process, op: str, thing: Process | Channel | Lock, line: int = 7, thread: int = 1
    ) -> Process:
        """Let a thread of a process wait, for five seconds already."""
        site = Site(SCRIPT, line)
        process.waits = (*process.waits, Wait(op, thing.name, thing.key, NOW - 5, site, thread, timed=False))
        if not isinstance(thing, Process):
            access = self.world.access[thing.key]
            access.users.add((process.key, thread))
            if op in ("get", "recv"):
                access.readers.add((process.key, thread))
            elif op in ("put", "send", "feed", "flush"):
                access.writers.add((process.key, thread))
        if thread == 1:
            process.state, process.timed = State.WAITING, False
        if isinstance(thing, Lock):
            thing.waiters = (*thing.waiters, Hold(process.key, thread, NOW - 5, site))
        return process


def found(rule: Rule, world: World) -> list[Finding]:
    """Return what a rule finds in a world that it sees for the first time. Each message says what its line is."""
    findings = list(rule.find(Facts(world, DeadWaits(world), Polls())))
    without = [one.message for one in findings if one.site is not None and site_suffix(str(one.site), one.message)]
    assert not without
    return findings
