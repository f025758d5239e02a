"""Threads that wait, what each needs, and the threads that could provide it."""

from __future__ import annotations

import enum

import msgspec

from ..model import Thread, ThreadState, Wait
from ..model.keys import ProcessKey


class Need(enum.StrEnum):
    """The things that a thread can wait for, in the order in which they explain threads that wait for each other."""

    WAKE_UP = "the answer of a waiter"
    """`set()` and `notify()` wait until each waiter that they count has woken."""
    RESULT = "a result"
    ROOM = "room in a pipe or queue"
    TASK_DONE = "task_done()"
    ARRIVAL = "the others at a Barrier"
    PERMIT = "a permit of a semaphore"
    MANAGED = "what another process does with an object of a manager"
    NOTIFY = "notify()"
    SET = "set()"
    CHANGE = "another state of a Value or an Event"
    """The thread asks for a Value or an Event again and again in a loop."""
    ANY = "any of several objects"
    MESSAGE = "a message"
    ITEM = "an item"
    LOCK = "a lock"
    PROCESS = "the end of a process"
    THREAD = "a thread of its process"
    FILES = "files in an event loop"


class Provider(msgspec.Struct, frozen=True):
    """A thread that could end a wait."""

    thread: Thread
    likely: bool = True
    """False for a thread that has never used the object, and was not given it."""


class Blocking(msgspec.Struct):
    """A thread that waits, what it needs, and who could provide that."""

    thread: Thread
    need: Need
    wait: Wait | None
    """The tapped operation; None where only the kernel tells of the wait."""
    state: ThreadState | None
    since: float
    providers: list[Provider] = msgspec.field(default_factory=list[Provider])
    ended: list[ProcessKey] = msgspec.field(default_factory=list[ProcessKey])
    """Keys of the processes that have ended and were needed: the holder, the last writer, the worker with the task."""
    able: bool = False
    """True if something that is not in the model can end the wait, or if it is not known what could."""
    unknown: bool = False
    """True if the model says nothing about who could end it; it is `able` then, too."""
    timed: bool = False
    """True if it has a time-out."""

    @property
    def key(self) -> int:
        return self.wait.key if self.wait is not None else 0
