"""Worlds that no program has made, to look for problems in."""

from __future__ import annotations

from rockproc.observer.model import Channel, Hold, Lock, Process, Site, State, Wait, World

NOW = 10.0
SCRIPT = "/lab/invented.py"


class Invented:
    """A world whose processes do what a test says. Objects are known by their names; lines are those of the waits."""

    def __init__(self) -> None:
        self.world = World(now=NOW)

    def process(self, name: str, state: State = State.RUNNING, parent: int | None = 1, **more: object) -> Process:
        key = len(self.world.processes) + 1
        process = Process(key, name, pid=key, parent=parent, state=state, main_thread=1, started=0.0, probed=True)
        for attribute, value in more.items():
            setattr(process, attribute, value)
        self.world.processes[key] = process
        return process

    def channel(self, name: str, kind: str = "Queue", **more: object) -> Channel:
        channel = Channel(100 + len(self.world.channels), kind, name, site=Site(SCRIPT, 1))
        for attribute, value in more.items():
            setattr(channel, attribute, value)
        self.world.channels[channel.key] = channel
        return channel

    def lock(self, name: str, kind: str = "Lock", **more: object) -> Lock:
        lock = Lock(200 + len(self.world.locks), kind, name)
        for attribute, value in more.items():
            setattr(lock, attribute, value)
        self.world.locks[lock.key] = lock
        return lock

    def waits(
        self, process: Process, op: str, thing: Process | Channel | Lock, line: int = 7, thread: int = 1
    ) -> Process:
        """Since five seconds."""
        site = Site(SCRIPT, line)
        process.waits = (*process.waits, Wait(op, thing.name, thing.key, NOW - 5, site, thread))
        if thread == 1:
            process.state, process.timed = State.WAITING, False
        if isinstance(thing, Lock):
            thing.waiters = (*thing.waiters, Hold(process.key, thread, NOW - 5, site))
        return process
