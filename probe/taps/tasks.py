"""The common taps of Pools, ThreadPools and executors: for tasks, workers, and threads that wait for results.

A task is one call that the program has asked for: each item of a `map` is one, however many travel together in a chunk.
It is counted when it is submitted, when a worker takes it up, and when the worker is about to send the result: once
that is on its way a pool may end its worker at any moment.
"""

import os
import sys
import weakref

from .. import journal, records
from ..cells import Tap
from ..journal import count_fault, get_ident, now
from ..labels import number_of
from ..layout import (
    ASKED_WORD,
    IMAP_READ_BIT,
    LABEL_WORD,
    MASK_WORD,
    NUMBER_WORD,
    OP_WORD,
    POOL,
    POOL_CANCELLED,
    POOL_IMAPS,
    POOL_SUBMITTED,
    POOL_UNSENT,
    SINCE_WORD,
    THREADS,
    WORKER_DONE,
    WORKER_FAILED,
    WORKER_TAKEN_UP,
    CellKind,
    Kind,
    Op,
)
from ..sites import made_here, raised_here
from . import first_number, process
from .process import argument, name_of

_numbers = iter(range(first_number + 1, 1 << 24))
_keys = weakref.WeakKeyDictionary()
"""Keys of ThreadPools, by the queue from which their threads take tasks: an object of C that has no place for one."""
_pools = weakref.WeakValueDictionary()
"""The taps of the pools that were made here, by key."""
_workers = {}
"""The taps of threads that serve a pool, by their idents."""
_waits = {}
"""The taps of what threads wait for, by their idents."""


def key_of(channel):
    """Return the key of the pool whose workers get their tasks from this queue, or this end of its pipe."""
    tap = getattr(channel, "_rockproc", None)
    return POOL | tap.key if tap is not None else _keys.get(channel, 0)


# the pool's side


def made(pool, kind, queue, workers, limit):
    key = key_of(queue)
    if not key:
        key = _keys[queue] = POOL | THREADS | os.getpid() << 24 | next(_numbers)
    pool._rockproc = _pools[key] = Tap(key, CellKind.POOL, kind)
    site = made_here(key, pool)
    journal.record(records.Pool(workers, limit or 0, kind), key, site)


def worker_added(queue, worker):
    """A pool has got another worker: a process, or a thread."""
    if hasattr(worker, "_identity"):
        handle, thread = process.key(worker), 0
    elif hasattr(worker, "ident") and hasattr(worker, "_name"):
        handle, thread = 0, worker.ident
    else:  # a class of the program that only looks like a process
        return
    name = worker._name if type(worker._name) is str else ""
    journal.record(records.Worker(handle, thread, name), key_of(queue))


def submitted(pool, count):
    if pool._rockproc is not None:
        pool._rockproc.cell().view[POOL_SUBMITTED] += count


def unsent(channel, count, error):
    """Count tasks that cannot be pickled, so that no worker receives them."""
    tap = _pools.get(key_of(channel))
    if tap is not None:
        view = tap.cell().view
        view[POOL_UNSENT] += count
        _failed(tap, view, error)


def cancelled(channel, count):
    tap = _pools.get(key_of(channel))
    if tap is not None:
        tap.cell().view[POOL_CANCELLED] += count


def imap_begins(tap):
    """Note that tasks are made of an iterable from now on, for as long as it gives items. tap: of the pool."""
    if tap is not None:
        tap.cell().view[POOL_IMAPS] += 1


def imap_read(tap):
    """Note that the iterable of an `imap` has given its last item."""
    if tap is not None:
        tap.cell().view[POOL_IMAPS] += 1 << IMAP_READ_BIT


def asked(tap):
    """Note that the program reads a result, and so sees its exception. tap: of its pool; None if it has no pool."""
    if tap is not None:
        tap.cell().view[ASKED_WORD] += 1


def closed(key, how):
    journal.record(records.Closed(how), key)


def hands_over(queue):
    """Note that this thread, which begins, hands over the results of an executor."""
    key = key_of(queue)
    if key:
        journal.record(records.HandsOver(), key)


def not_handed_over(key, by_callback):
    """A result does not come, because of the exception that is being handled."""
    error, trace = sys.exc_info()[1:]
    journal.record(records.NotHandedOver(by_callback, process.described(error)), key, raised_here(trace))


def broken(queue, workers, unread):
    """Record that an executor is broken.

    workers: the processes that have ended. unread: the exception, as text, if a result could not be read.
    """
    key = key_of(queue)
    if unread:
        journal.record(records.NotHandedOver(False, unread[: process.MAX_ERROR_CHARACTERS]), key)
    for worker in workers:
        journal.record(records.Broken(process.key(worker)), key)


# the worker's side


class _Worker(Tap):
    """A thread that serves a pool.

    count: how many tasks it runs now. items: where it is in a chunk. raised: one has failed. given: how many of the
    last tasks were counted as done, and how many there were in all.
    """

    __slots__ = ("count", "items", "last_counts", "raised")

    def forget(self):
        """Drop the cells. In a forked child the copied thread serves no pool."""
        super().forget()
        self.count, self.last_counts = 0, (0, 0)


def worker_begins(queue):
    key = key_of(queue)
    if key:
        _workers[get_ident()] = _Worker(key, CellKind.WORKER)


def worker_ends():
    _workers.pop(get_ident(), None)


def serves(queue):
    """Return whether this thread is known as a worker that takes its tasks from this queue."""
    worker = _workers.get(get_ident())
    return worker is not None and worker.key == key_of(queue)


def began_before():
    """Note that the task of this thread began at an unknown time."""
    worker = _workers.get(get_ident())
    if worker is not None:
        worker.cell().view[SINCE_WORD] = 0


def runs_task():
    """Return whether this thread is a worker that has taken up a task, and has not counted its end."""
    worker = _workers.get(get_ident())
    return worker is not None and worker.count > 0


def task_begins(function, count, first):
    """A worker is about to run tasks. first: the arguments of the first one."""
    worker = _workers.get(get_ident())
    if worker is None:
        return
    worker.count, worker.items, worker.raised, worker.last_counts = count, None, False, (0, 0)
    if not count:
        return
    view = worker.cell().view
    name = _name(function)
    taken_up = view[WORKER_TAKEN_UP] + count
    moment = now()
    view[LABEL_WORD] = number_of(name)
    view[SINCE_WORD] = moment
    view[NUMBER_WORD] = count
    view[WORKER_TAKEN_UP] = taken_up
    view[OP_WORD] = Op.TASK
    if not taken_up & view[MASK_WORD] and journal.affordable(view, moment):
        text = "%s(%s)" % (name, ", ".join([argument(value) for value in first[:5]]))
        journal.operation(moment, Kind.TASK, worker.key, taken_up, count, 0, text.encode("utf-8", "replace"))


def _name(function):
    """Return the name of a function; for a `functools.partial`, that of the function it calls."""
    kind = type(function)
    while kind.__name__ == "partial" and kind.__module__ == "functools":
        function = function.func
        kind = type(function)
    return name_of(function)


def items(chunk):
    """Return an iterator over a chunk that knows how many items are left, at no cost for each item."""
    worker = _workers.get(get_ident())
    if worker is None or type(chunk) is not tuple:
        return chunk
    worker.items = iter(chunk)
    return worker.items


def raised(error):
    worker = _workers.get(get_ident())
    if worker is None or not worker.count:
        return
    worker.raised = True
    _failed(worker, worker.cell().view, error)


def _failed(tap, view, error):
    moment = now()
    if journal.affordable(view, moment):
        text = process.described(error)
        journal.operation(moment, Kind.FAILED, tap.key, view[WORKER_TAKEN_UP], 0, 0, text.encode("utf-8", "replace"))


def sending_result():
    """A worker is about to send the result of what it has run."""
    worker = _workers.get(get_ident())
    if worker is None or not worker.count:
        return
    view = worker.cell().view
    done = worker.count
    items_left = 0 if worker.items is None else worker.items.__length_hint__()
    if worker.raised or items_left:  # a StopIteration ends a chunk as its end would
        done = 0 if worker.items is None else done - 1 - items_left
        view[WORKER_FAILED] += 1
    view[WORKER_DONE] += done
    view[OP_WORD] = 0
    worker.last_counts = done, worker.count
    worker.count, worker.items = 0, None


def cannot_send(error):
    """Note that a result cannot be pickled, so that all its tasks have failed."""
    worker = _workers.get(get_ident())
    if worker is not None and worker.last_counts[1]:
        view = worker.cell().view
        done, count = worker.last_counts
        view[WORKER_DONE] -= done
        view[WORKER_FAILED] += count - worker.raised
        worker.last_counts = 0, 0
        _failed(worker, view, error)


# waits


def awaiting(tap, op=Op.RESULT, timeout=None):
    """Note that this thread is about to wait for a pool. tap: of the pool; None if there is no pool."""
    if tap is not None:
        _waits[get_ident()] = tap
        tap.cell().enter(op if timeout is None else op | Op.TIMED, 0)


def wait_ended():
    tap = _waits.pop(get_ident(), None)
    if tap is not None:
        tap.cell().leave()


def wait_returned(result):
    """Do what `wait_ended` does, and return the result that was waited for."""
    try:
        wait_ended()
    except Exception:
        count_fault()
    return result
