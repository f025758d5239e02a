"""multiprocessing/queues.py: Queue, JoinableQueue, SimpleQueue (CPython 3.8 to 3.15).

A Queue is identified by the inode of its pipe. Its own locks are not observed, since they are part of `put` and `get`.
The tap of its reader counts the received items, also for code that reads there directly, as a Pool does; the tap of its
writer counts the items that the feeder thread has written into the pipe.
"""

from sys import exc_info as exc_info

from .. import journal, records
from ..cells import Tap
from ..journal import count_fault, get_ident, now
from ..layout import CHANNEL_PUT, CHANNEL_SENT, MASK_WORD, NUMBER_WORD, TASKS_BIT, CellKind, Kind, Op
from ..sites import here, made_here, maker_line
from ..weave import Weave
from . import connection, synchronize
from .connection import Channel
from .process import described

_SEM = "self._sem.acquire(block, timeout)"
_PUT = Weave(
    calls={
        # Where there is room at once, nothing has to be announced.
        _SEM: "timeout is None and block is True and self._sem.acquire(False)"
        " or tap.waited(self, tap.waiting(self, block, timeout), {})"
    },
    statements={"self._buffer.append(obj)": "tap.put(self)"},
    failed="tap.operation_failed(self)",
)
_GET = Weave(before="tap.getting(self, block, timeout)", failed="tap.operation_failed(self)")
_SIMPLE_GET = Weave(before="tap.getting(self, True, None)", failed="tap.operation_failed(self)")
_EMPTY = Weave(calls={"self._poll()": "tap.asked(self, {})"})

WEAVES = {
    "Queue.__init__": Weave(after="tap.made(self)"),
    "Queue.__setstate__": Weave(after="tap.add_tap(self)"),
    "Queue.put": _PUT,
    "Queue.get": _GET,
    "Queue.empty": _EMPTY,
    "Queue._feed": Weave(
        statements={
            "onerror(e, obj)": "tap.lost(send_bytes, e)",
            "info('error in queue thread: %s', e)": "tap.lost(send_bytes, e, buffer, sentinel)",
            # An empty buffer raises here, and so may an item's own `__getstate__`, which was called from there.
            "pass": "if tap.exc_info()[2].tb_next: tap.lost(send_bytes, tap.exc_info()[1])",
        },
        calls={
            "getattr(e, 'errno', 0) == errno.EPIPE": "tap.pipe_broken(send_bytes, e, buffer, sentinel, {})",
        },
    ),
    "Queue._start_thread": Weave(after="tap.feeding(self)"),
    "Queue._finalize_join": Weave(before="tap.flushing(twr)", after="tap.flushed(twr)", failed="tap.flushed(twr)"),
    "JoinableQueue.__init__": Weave(after="tap.joinable(self)"),
    "JoinableQueue.__setstate__": Weave(after="tap.remove_lock_taps(self)"),
    "JoinableQueue.put": _PUT,
    "JoinableQueue.join": Weave(before="tap.joining(self)", after="tap.joined(self)", failed="tap.joined(self)"),
    "JoinableQueue.task_done": Weave(after="tap.task_done(self)"),
    "SimpleQueue.__init__": Weave(after="tap.made(self)"),
    "SimpleQueue.__setstate__": Weave(after="tap.add_tap(self)"),
    "SimpleQueue.get": _SIMPLE_GET,
    "SimpleQueue.empty": _EMPTY,
}

_TIMED_PUT = Op.PUT | Op.TIMED
_TIMED_GET = Op.GET | Op.TIMED
_ONE_TASK = 1 << TASKS_BIT

_classes = {}


def loaded(module):
    for name in ("JoinableQueue", "Queue", "SimpleQueue"):
        if hasattr(module, name):
            _classes[name] = getattr(module, name)
    module.Queue._rockproc = module.SimpleQueue._rockproc = None


def _kind(queue):
    return next((name for name, cls in _classes.items() if isinstance(queue, cls)), "SimpleQueue")


def made(queue):
    add_tap(queue)
    kind = _kind(queue)
    maxsize = getattr(queue, "_maxsize", 0)
    if maxsize == synchronize.unlimited():
        maxsize = 0
    maker, line = maker_line(queue)
    journal.record(
        records.Channel(0, maxsize, kind, maker, line, ""), queue._rockproc.key, made_here(queue._rockproc.key)
    )
    if not maker:
        _record_semaphores(queue)


def joinable(queue):
    remove_lock_taps(queue)
    if not maker_line(queue)[0]:
        _record_semaphores(queue)


def _record_semaphores(queue):
    parts = [queue.__dict__.get(name) for name in ("_rlock", "_wlock", "_sem", "_unfinished_tasks")]
    condition = queue.__dict__.get("_cond")
    parts.append(condition._lock if condition is not None else None)
    synchronize.record_semaphores(queue._rockproc.key, [part for part in parts if part is not None])


def add_tap(queue):
    key = connection.inode(queue._reader)
    queue._rockproc = queue._reader._rockproc = Channel(key, _kind(queue))
    queue._writer._rockproc = Channel(key, "SimpleQueue" if _kind(queue) == "SimpleQueue" else "Queue")
    queue._writer._rockproc.source = queue._rockproc  # pyright: ignore[reportAttributeAccessIssue]
    remove_lock_taps(queue)


def remove_lock_taps(queue):
    for name in ("_rlock", "_wlock", "_sem", "_unfinished_tasks"):
        lock = queue.__dict__.get(name)
        if lock is not None:
            synchronize.remove_tap(lock)
    condition = queue.__dict__.get("_cond")
    if condition is not None:
        synchronize.remove_condition_tap(condition)


def waiting(queue, block, timeout):
    try:
        tap = queue._rockproc
        if tap is not None and block:
            tap.cell().enter(Op.PUT if timeout is None else _TIMED_PUT, 0)
    except Exception:
        count_fault()


def waited(queue, _waiting, acquired):
    try:
        tap = queue._rockproc
        if tap is not None:
            tap.cell().leave()
    except Exception:
        count_fault()
    return acquired


def put(queue):
    """Note an item that is about to go into the buffer, whose lock is held: so items leave it in the order of numbers.

    Those that were lost do not count for whether it leaves a record: so it does where the sending and the receiving do.
    """
    tap = queue._rockproc
    if tap is not None:
        view = tap.view
        if view is None:
            view = tap.renew()
        tap.puts = view[CHANNEL_PUT] = number = tap.puts + 1
        if not (number - tap.lost) & view[MASK_WORD]:
            site = here()  # before the moment: the record of its file must come first
            moment = now()
            if journal.affordable(view, moment):
                journal.operation(moment, Kind.PUT, tap.key, number, 0, site)


def getting(queue, block, timeout):
    tap = queue._rockproc
    if tap is not None:
        cell = tap._cell
        if cell.thread != get_ident():
            cell = tap.cell()
        cell.enter(Op.GET if timeout is None and block else _TIMED_GET, cell.received + 1)


def asked(queue, has_item):
    """Count a call of `empty()` that has found no item, in a cell of its own: it is no operation."""
    try:
        tap = queue._rockproc
        if tap is not None and not has_item:
            questions = tap.questions
            if questions is None:
                questions = tap.questions = Tap(tap.key, CellKind.SIGNAL)
            questions.cell().ask()
    except Exception:
        count_fault()
    return has_item


def feeding(queue):
    """Remember the Queue of a feeder thread: at the exit of the process only the thread is joined."""
    if queue._rockproc is not None:
        queue._thread._rockproc = queue._rockproc


def flushing(thread):
    """Announce that a process waits for a feeder thread, of which `thread` is a weak reference."""
    tap = getattr(thread(), "_rockproc", None)
    if tap is not None:
        tap.cell().enter(Op.FLUSH, 0)


def flushed(thread):
    tap = getattr(thread(), "_rockproc", None)
    if tap is not None:
        tap.cell().leave()


def joining(queue):
    tap = queue._rockproc
    if tap is not None:
        tap.cell().enter(Op.JOIN, 0)


def operation_failed(queue):
    tap = queue._rockproc
    if tap is not None:
        cell = tap.cell()
        cell.view[NUMBER_WORD] += 1
        cell.leave()


def joined(queue):
    tap = queue._rockproc
    if tap is not None:
        tap.cell().leave()


def task_done(queue):
    tap = queue._rockproc
    if tap is not None:
        tap.cell().view[NUMBER_WORD] += _ONE_TASK


def lost(send_bytes, error, buffer=(), sentinel=None):
    """Record an item that the feeder could not pickle or send; the program shows at most a traceback on stderr.

    buffer: the remaining items of a feeder that ends, which are lost as well.
    """
    tap = getattr(getattr(send_bytes, "__self__", None), "_rockproc", None)
    if tap is None or tap.source is None:
        return
    queue = tap.source
    number = tap.cell().view[CHANNEL_SENT] + queue.lost + 1
    count = 1 + sum([item is not sentinel for item in list(buffer)])
    queue.lost += count
    journal.record(records.Lost(number, queue.lost, count, described(error)), tap.key)


def pipe_broken(send_bytes, error, buffer, sentinel, ends):
    """Note that the feeder of an executor has found the reading end closed."""
    try:
        if ends is True:
            lost(send_bytes, error, buffer, sentinel)
    except Exception:
        count_fault()
    return ends
