"""multiprocessing/synchronize.py: Lock, RLock, semaphores, Condition, Event, Barrier (CPython 3.8 to 3.13).

`acquire` and `release` are methods of a C object that every lock carries in its instance; ours stand in their place there
and try without blocking first, so that only a real wait is announced. In `with` blocks they are woven and leave no frame.
"""

from .. import journal
from ..journal import Tap, fault, now
from ..layout import Kind, Op, What
from ..sites import here, maker
from ..weave import Weave

WEAVES = {
    "SemLock._make_methods": Weave(after="tap.made(self)"),
    "SemLock.__enter__": Weave(
        calls={"self._semlock.__enter__()": "tap.entering(self) or tap.entered(self, {})"}, failed="tap.gave_up(self)"
    ),
    "SemLock.__exit__": Weave(calls={"self._semlock.__exit__(*args)": "tap.leaving(self) or {}"}),
    "Condition.__init__": Weave(after="tap.condition_made(self, lock)"),
    "Condition.__setstate__": Weave(after="tap.condition_arrived(self)"),
    "Condition.wait": Weave(
        before="tap.waiting(self)",
        statements={"self._woken_count.release()": "tap.woken(self)"},
    ),
    "Condition.notify": Weave(before="tap.notified(self)"),
    "Event.__init__": Weave(after="tap.event_made(self)"),
    "Event.is_set": Weave(before="tap.event(self)"),
    "Event.set": Weave(before="tap.event_set(self)"),
    "Event.clear": Weave(before="tap.event_cleared(self)"),
    "Event.wait": Weave(
        before="tap.event_waiting(self)", after="tap.event_waited(self)", failed="tap.event_waited(self)"
    ),
    "Barrier.__init__": Weave(after="tap.barrier_made(self)"),
    "Barrier.__setstate__": Weave(after="tap.barrier_arrived(self)"),
}

_module = None
_made = iter(range(1, 1 << 31))


def loaded(module):
    global _module
    _module = module
    module.SemLock._rockproc = None
    module.Condition._rockproc = None


def unlimited():
    return _module.SEM_VALUE_MAX if _module else 0


def _key(semlock):
    """By its name, where it has one; under fork it has none, and goes to children only with this very object."""
    name = semlock.name
    if name is None:
        import os

        return os.getpid() << 32 | next(_made)
    return int.from_bytes(name[-8:].encode(), "little")


def made(lock):
    """A lock is created here, or has come from another process."""
    kind = type(lock).__name__
    tap = Tap(_key(lock._semlock), What.LOCK, kind)
    tap.recursive = lock._semlock.kind == 0
    lock._rockproc = tap
    part, arrived = _origin()
    if not arrived:
        payload = "\0".join([kind, part])
        journal.write(
            Kind.LOCK, tap.key, lock._semlock._get_value() if kind != "RLock" else 1, 0, here(2), payload.encode()
        )
    if part.startswith("queues."):
        quiet(lock)
        return
    lock.acquire = _acquire(lock, tap, lock._semlock.acquire)
    lock.release = _release(lock, tap, lock._semlock.release)


def _origin():
    import sys

    frame = sys._getframe(3)
    while frame is not None and frame.f_code.co_name == "_make_methods":
        frame = frame.f_back
    if frame is not None and frame.f_code.co_name == "__setstate__":
        return "", True
    return maker(3), False


def quiet(lock):
    """Take the taps off a lock that is a part of something larger."""
    if getattr(lock, "_rockproc", None) is not None:
        lock._rockproc = None
        lock.acquire = lock._semlock.acquire
        lock.release = lock._semlock.release


def _acquire(lock, tap, raw):
    def acquire(block=True, timeout=None):
        if block is True and timeout is None and raw(False):
            try:
                took(tap, here(2))
            except Exception:
                fault()
            return True
        cell = None
        try:
            cell = tap.cell()
            cell.site = here(2)
            if block and cell.a == cell.c:
                cell.moment = cell.enter(Op.ACQUIRE, cell.site)
        except Exception:
            fault()
        try:
            result = raw(block, timeout)
        except BaseException:
            _settle(tap)
            raise
        try:
            if result:
                took(tap, cell.site, cell.moment)
            else:
                _settle(tap)
        except Exception:
            fault()
        return result

    acquire.__doc__ = raw.__doc__
    acquire.__qualname__ = "SemLock.acquire"
    return acquire


def _release(lock, tap, raw):
    def release():
        try:
            gives(tap)
        except Exception:
            fault()
        try:
            raw()
        except BaseException:
            tap.cell().c -= 1
            _settle(tap)
            raise

    release.__doc__ = raw.__doc__
    release.__qualname__ = "SemLock.release"
    return release


def took(tap, site, began=0):
    """The lock is ours. began: when the wait for it began, 0 when there was none."""
    cell = tap.cell()
    cell.a += 1
    if tap.recursive and cell.a - cell.c > 1:
        return
    moment = now()
    if began:
        cell.b += 1
    cell.moment = 0
    cell.leave(Op.HOLD, moment, site)
    if journal.affordable(moment):
        journal.operation(moment, Kind.ACQUIRED, tap.key, 1 if began else 0, moment - began if began else 0, site)


def gives(tap):
    """Told before the lock is free, so that nobody is seen to take it earlier."""
    cell = tap.cell()
    cell.c += 1
    if tap.recursive and cell.a - cell.c > 0:
        return
    cell.leave()
    moment = now()
    if journal.affordable(moment):
        journal.operation(moment, Kind.RELEASED, tap.key, 0, 0, 0)


def _settle(tap):
    """After an attempt that failed: what the thread held before, it holds still."""
    try:
        cell = tap.cell()
        cell.moment = 0
        if cell.a > cell.c:
            cell.leave(Op.HOLD, now(), cell.site)
        else:
            cell.leave()
    except Exception:
        fault()


def entering(lock):
    """True when the lock was free and is taken."""
    try:
        tap = lock._rockproc
        if tap is None:
            return False
        if lock._semlock.acquire(False):
            took(tap, here(2))
            return True
        cell = tap.cell()
        cell.site = here(2)
        cell.moment = cell.enter(Op.ACQUIRE, cell.site)
    except Exception:
        fault()
    return False


def entered(lock, result):
    try:
        tap = lock._rockproc
        if tap is not None:
            cell = tap.cell()
            took(tap, cell.site, cell.moment)
    except Exception:
        fault()
    return result


def leaving(lock):
    try:
        if lock._rockproc is not None:
            gives(lock._rockproc)
    except Exception:
        fault()


def gave_up(lock):
    if lock._rockproc is not None:
        _settle(lock._rockproc)


def _tell(tap, kind, lock, value=0):
    """A larger object is made: its kind, and the lock that belongs to it."""
    owner = lock._rockproc.key if lock is not None and lock._rockproc is not None else 0
    journal.write(Kind.LOCK, tap.key, value, owner, here(3), "\0".join([kind, maker(4)]).encode())


def condition_made(condition, lock):
    condition_arrived(condition)
    own = None if lock else condition._lock
    _tell(condition._rockproc, "Condition", own)


def condition_arrived(condition):
    key = (
        condition._wait_semaphore._rockproc.key
        if condition._wait_semaphore._rockproc
        else _key(condition._wait_semaphore._semlock)
    )
    condition._rockproc = Tap(key, What.SIGNAL, "Condition")
    for part in (condition._sleeping_count, condition._woken_count, condition._wait_semaphore):
        quiet(part)


def quiet_condition(condition):
    condition._rockproc = None
    quiet(condition._lock)
    condition._make_methods()


def waiting(condition):
    tap = condition._rockproc
    if tap is not None:
        cell = tap.cell()
        cell.site = here(2)
        cell.moment = cell.enter(Op.WAIT, cell.site)


def woken(condition):
    tap = condition._rockproc
    if tap is not None:
        _ended(tap)


def _ended(tap):
    cell = tap.cell()
    cell.b += 1
    moment = now()
    if journal.affordable(moment):
        journal.operation(moment, Kind.WAITED, tap.key, 1, moment - cell.moment, cell.site)
    cell.leave()


def notified(condition):
    tap = condition._rockproc
    if tap is not None:
        _signalled(tap)


def _signalled(tap, on=1):
    cell = tap.cell()
    cell.a += on
    moment = now()
    if journal.affordable(moment):
        journal.operation(moment, Kind.SET, tap.key, on, 0, here(3))
    cell.leave()


def event(event):
    """The tap of an Event. It hangs on its flag: an Event itself is pickled with all that it holds."""
    tap = event._flag._rockproc
    if tap is None or tap.what != What.SIGNAL:
        key = tap.key if tap is not None else _key(event._flag._semlock)
        quiet(event._flag)
        quiet_condition(event._cond)
        tap = event._flag._rockproc = Tap(key, What.SIGNAL, "Event")
    return tap


def event_made(made):
    _tell(event(made), "Event", None)


def event_set(each):
    _signalled(event(each))


def event_cleared(each):
    _signalled(event(each), 0)


def event_waiting(each):
    tap = event(each)
    cell = tap.cell()
    cell.site = here(2)
    cell.moment = cell.enter(Op.WAIT, cell.site)


def event_waited(each):
    _ended(event(each))


def barrier_made(barrier):
    tap = barrier._cond._rockproc
    _tell(tap, "Barrier", barrier._cond._lock, barrier._parties)


def barrier_arrived(barrier):
    """Who waits at a Barrier waits on its condition; the lock of that is held for moments only."""
    condition = barrier._cond
    if condition._rockproc is not None:
        condition._rockproc.kind = "Barrier"
