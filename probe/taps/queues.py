"""multiprocessing/queues.py: Queue, JoinableQueue, SimpleQueue (CPython 3.8 to 3.13).

A Queue is known by the inode of its pipe. Its own locks stay quiet: what they do is part of `put` and `get`. Its reader
counts what has been got, also for those who read there directly, as a Pool does; its writer counts what the feeder
thread has brought into the pipe.
"""

from .. import journal
from ..journal import fault, get_ident, now
from ..layout import Kind, Op
from ..sites import here, maker_line
from ..weave import Weave
from . import connection, synchronize
from .connection import Channel

_SEM = "self._sem.acquire(block, timeout)"
_PUT = Weave(
    calls={_SEM: "tap.putting(self, block, timeout) or tap.waited(self, {})"},
    failed="tap.gave_up(self)",
)
_GET = Weave(before="tap.getting(self)", failed="tap.gave_up(self)")

WEAVES = {
    "Queue.__init__": Weave(after="tap.made(self)"),
    "Queue.__setstate__": Weave(after="tap.arrived(self)"),
    "Queue.put": _PUT,
    "Queue.get": _GET,
    "Queue._feed": Weave(statements={"onerror(e, obj)": "tap.lost(send_bytes, e)"}),
    "Queue._start_thread": Weave(after="tap.feeding(self)"),
    "Queue._finalize_join": Weave(before="tap.flushing(twr)", after="tap.flushed(twr)", failed="tap.flushed(twr)"),
    "JoinableQueue.__init__": Weave(after="tap.hush(self)"),
    "JoinableQueue.__setstate__": Weave(after="tap.hush(self)"),
    "JoinableQueue.put": _PUT,
    "JoinableQueue.join": Weave(before="tap.joining(self)", after="tap.gave_up(self)", failed="tap.gave_up(self)"),
    "SimpleQueue.__init__": Weave(after="tap.made(self)"),
    "SimpleQueue.__setstate__": Weave(after="tap.arrived(self)"),
    "SimpleQueue.get": _GET,
}

_classes = {}


def loaded(module):
    for name in ("JoinableQueue", "Queue", "SimpleQueue"):
        _classes[name] = getattr(module, name)
    module.Queue._rockproc = module.SimpleQueue._rockproc = None


def _kind(queue):
    return next(name for name, each in _classes.items() if isinstance(queue, each))


def made(queue):
    arrived(queue)
    kind = _kind(queue)
    maxsize = getattr(queue, "_maxsize", 0)
    if maxsize == synchronize.unlimited():
        maxsize = 0
    payload = "\0".join([kind, *maker_line(4 if kind == "JoinableQueue" else 3)])
    journal.write(Kind.CHANNEL, queue._rockproc.key, 0, maxsize, here(2), payload.encode())


def arrived(queue):
    key = connection.inode(queue._reader)
    queue._rockproc = queue._reader._rockproc = Channel(key, _kind(queue))
    queue._writer._rockproc = Channel(key, "SimpleQueue" if _kind(queue) == "SimpleQueue" else "Queue")
    hush(queue)


def hush(queue):
    for name in ("_rlock", "_wlock", "_sem", "_unfinished_tasks"):
        lock = queue.__dict__.get(name)
        if lock is not None:
            synchronize.quiet(lock)
    condition = queue.__dict__.get("_cond")
    if condition is not None:
        synchronize.quiet_condition(condition)


def putting(queue, block, timeout):
    """True when there was room at once, and then the item counts as put."""
    got = False
    try:
        tap = queue._rockproc
        if tap is None:
            return False
        if timeout is None and block is True:
            got = queue._sem.acquire(False)
        if got:
            cell = tap._cell
            if cell.thread != get_ident():
                cell = tap.cell()
            view = cell.view
            number = view[2] + 1
            view[2] = number
            if not number & view[10]:
                _put(tap, view, number, here(3))
        elif block:
            cell = tap.cell()
            cell.enter(Op.PUT, 3, 0)
    except Exception:
        fault()
    return got


def waited(queue, acquired):
    try:
        tap = queue._rockproc
        if tap is not None:
            cell = tap.cell()
            view = cell.view
            view[8] = 0
            if acquired:
                number = view[2] + 1
                view[2] = number
                if not number & view[10]:
                    _put(tap, view, number, cell.site or here(3))
    except Exception:
        fault()
    return acquired


def _put(tap, view, number, site):
    moment = now()
    if journal.affordable(view, moment):
        journal.operation(moment, Kind.PUT, tap.key, number, 0, site)


def getting(queue):
    tap = queue._rockproc
    if tap is not None:
        cell = tap._cell
        if cell.thread != get_ident():
            cell = tap.cell()
        cell.enter(Op.GET, 3, cell.view[3] + 1)


def feeding(queue):
    """Remember whose feeder a thread is: at the exit of the process the thread alone is joined."""
    if queue._rockproc is not None:
        queue._thread._rockproc = queue._rockproc


def flushing(thread):
    """thread: a weak reference to a feeder."""
    tap = getattr(thread(), "_rockproc", None)
    if tap is not None:
        tap.cell().enter(Op.FLUSH, 3, 0)


def flushed(thread):
    tap = getattr(thread(), "_rockproc", None)
    if tap is not None:
        tap.cell().leave()


def joining(queue):
    tap = queue._rockproc
    if tap is not None:
        tap.cell().enter(Op.JOIN, 3, 0)


def gave_up(queue):
    tap = queue._rockproc
    if tap is not None:
        tap.cell().leave()


def lost(send_bytes, error):
    """The feeder could not pickle an item; only its traceback on stderr tells, and nobody gets it."""
    tap = getattr(getattr(send_bytes, "__self__", None), "_rockproc", None)
    if tap is not None:
        text = "%s: %s" % (type(error).__name__, error)
        journal.write(Kind.LOST, tap.key, 0, 0, 0, text.encode("utf-8", "replace")[:500])
