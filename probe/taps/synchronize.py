"""multiprocessing/synchronize.py: Lock, RLock, semaphores, Condition, Event, Barrier (CPython 3.8 to 3.15).

`acquire` and `release` are methods of a C object that every lock carries in its instance. Ours stand in their place
there and try without blocking first, so that only a real wait is announced. In `with` blocks they are woven, and leave
no frame in a traceback. Nor does an error of `release`, or what interrupts a bare `acquire`.
"""

import os
import weakref

from .. import cells, journal, records
from ..cells import Tap
from ..journal import RECURSION_ERROR_LIFTS_LIMIT, count_fault, get_ident, is_from_program, now, without_probe_frames
from ..layout import (
    LOCK_ACQUIRED,
    LOCK_RELEASED,
    MASK_WORD,
    NUMBER_WORD,
    OP_WORD,
    SIGNAL_SET,
    SIGNAL_TIMED_OUT,
    SIGNAL_WAITED,
    SINCE_WORD,
    SITE_WORD,
    THREAD_WORD,
    WAIT_SUCCEEDED,
    WAIT_TIMED_OUT,
    CellKind,
    Kind,
    Op,
)
from ..sites import here, made_here, maker, tapped
from ..traceless import traceless
from ..weave import Weave
from . import first_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401 (type comments name it)

WEAVES = {
    "SemLock._make_methods": Weave(after="tap.made(self)"),
    "SemLock.__enter__": Weave(
        calls={
            "self._semlock.__enter__()": "{} if self._rockproc is None"
            " else tap.acquire_if_free(self) or tap.entered(self, {})"
        },
        failed="tap.acquire_failed(self)",
    ),
    "SemLock.__exit__": Weave(
        calls={"self._semlock.__exit__(*args)": "{} if self._rockproc is None else tap.release_begins(self) or {}"},
        failed="tap.release_failed(self)",
    ),
    "Condition.__init__": Weave(after="tap.condition_made(self, lock)"),
    "Condition.__setstate__": Weave(after="tap.add_condition_tap(self)"),
    "Condition.wait": Weave(
        before="tap.waiting(self, timeout)",
        calls={"self._wait_semaphore.acquire(True, timeout)": "tap.waited(self, {})"},
        failed="tap.wait_failed(self)",
    ),
    "Condition.notify": Weave(before="tap.notifying(self)", after="tap.notified(self)", failed="tap.notified(self)"),
    "Event.__init__": Weave(after="tap.event_made(self)"),
    "Event.is_set": Weave(before="tap.event_read(self)"),
    "Event.set": Weave(before="tap.event_setting(self)", after="tap.event_set(self)", failed="tap.event_set(self)"),
    "Event.clear": Weave(before="tap.event_cleared(self)"),
    "Event.wait": Weave(
        before="tap.event_waiting(self, timeout)",
        statements={"return True": "tap.event_waited(self, 1)", "return False": "tap.event_waited(self, 0)"},
        failed="tap.event_wait_failed(self)",
    ),
    "Barrier.__init__": Weave(after="tap.barrier_made(self)"),
    "Barrier.__setstate__": Weave(after="tap.barrier_unpickled(self)"),
}

known_by_semaphores = False
"""True in a program that was attached to, in which the observer identifies Conditions by their semaphores."""
_FUNCTION = type(lambda: None)
_module = None  # type: Any
_numbers = iter(range(first_number + 1, 1 << 31))


def loaded(module):
    global _module
    _module = module
    module.SemLock._rockproc = None
    module.Condition._rockproc = None


def unlimited():
    return _module.SEM_VALUE_MAX if _module else 0


def _key(semlock):
    """Return the key of a semaphore: from its name, or under fork, where it has none, a number that forks inherit."""
    name = semlock.name
    if name is None:
        return os.getpid() << 32 | next(_numbers)
    return int.from_bytes(name[-8:].encode(), "little")


class Lock(Tap):
    """The tap of a lock.

    takes, releases: copies of the counts in its shared cell, since reading a word back takes much longer.
    thread: the thread that acquired it last, as in the cell. acquire: a weak reference to the lock's woven method.
    """

    __slots__ = ("acquire", "releases", "takes", "thread")

    def forget(self):
        super().forget()
        self.takes = self.releases = self.thread = 0


def made(lock):
    """Add a tap to a lock that is created here, or has come from another process."""
    tap = lock._rockproc = _new_tap(lock)
    part, unpickled = _origin()
    if not unpickled:
        journal.record(records.Lock(initial_value(lock._semlock), 0, tap.kind, part), tap.key, made_here(tap.key))
    if part.startswith("queues."):
        remove_tap(lock)
        return
    if not unpickled and part.partition(".")[0] in ("", "sharedctypes"):
        record_semaphores(tap.key, (lock,))
    _replace_methods(lock, tap)


def _new_tap(lock):
    tap = Lock(_key(lock._semlock), CellKind.LOCK, _kind(lock))
    tap.raw = lock._semlock.acquire
    tap.raw_release = lock._semlock.release
    return tap


def _replace_methods(lock, tap):
    lock.acquire = _acquire(tap, lock._semlock.acquire)
    lock.release = _Release(tap, lock._semlock)
    tap.acquire = weakref.ref(lock.acquire)


def add_tap(lock):
    """Add a tap to a lock that existed before the probe."""
    tap = lock._rockproc = _new_tap(lock)
    _replace_methods(lock, tap)


def is_woven(method):
    """Return whether a method of a lock is one of ours."""
    if type(method) is _FUNCTION:
        return method.__code__ in _acquire.__code__.co_consts
    return type(method) is _Release


def record_semaphores(key, locks):
    """Record where the semaphores of an object are mapped, so that the user can operate them from outside."""
    semlocks = [getattr(lock, "_semlock", None) for lock in locks]
    if None not in semlocks:  # a program may give a Condition a lock of its own
        journal.record(records.Semaphores(tuple([semlock.handle for semlock in semlocks])), key)  # pyright: ignore[reportOptionalMemberAccess]


_MAX_SEARCHED_TAPS = 300
_MAX_HELD_LOCKS = 20


def held_locks(just_acquired=None):
    """Return the keys of the locks that this thread holds; None where that would take too long to find out.

    taken: the tap of a lock that has been acquired once for the present access alone.
    """
    taps = cells.used_taps()
    if len(taps) > _MAX_SEARCHED_TAPS:
        return None
    thread = get_ident()
    held = [
        tap.key
        for tap in taps
        if tap.__class__ is Lock and tap.takes - tap.releases > (tap is just_acquired) and tap.thread == thread
    ]
    return tuple([records.signed(key) for key in held[:_MAX_HELD_LOCKS]])


def has_our_methods(lock):
    """Return whether the program has not replaced the lock's methods."""
    acquire = getattr(lock._rockproc, "acquire", None)
    return acquire is not None and acquire() is lock.acquire and lock.release.__class__ is _Release


def _kind(lock):
    """The standard class of a lock, also where the program has a subclass of it."""
    return next(base.__name__ for base in type(lock).__mro__ if base.__module__ == _module.__name__)


def initial_value(semlock):
    """Return the counter of a semaphore that has just been made; 1 for an RLock."""
    if semlock.kind == _module.RECURSIVE_MUTEX:
        return 1
    try:
        return semlock._get_value()
    except NotImplementedError:  # macOS
        return 1 if semlock.maxvalue == 1 else 0


def _origin():
    frame = tapped()
    if frame.f_code.co_name == "_make_methods":
        frame = frame.f_back
    if frame is not None and frame.f_code.co_name == "__setstate__":
        return "", True
    return maker(), False


def remove_tap(lock):
    """Remove the tap from a lock that is a part of another object."""
    if getattr(lock, "_rockproc", None) is not None:
        lock._rockproc = None
        lock.acquire = lock._semlock.acquire
        lock.release = lock._semlock.release


@traceless
def _acquire(tap, raw):
    def acquire(block=True, timeout=None):
        try:
            if block is True and (timeout is None or timeout.__class__ in _TIMEOUT_TYPES) and raw(False):
                number = 0
                try:
                    view = tap.view
                    if view is None:
                        view = tap.renew()
                    tap.takes = view[LOCK_ACQUIRED] = number = tap.takes + 1
                    if not number & view[MASK_WORD] or tap.thread != get_ident():
                        _acquired_at_once(tap, view, number, timeout is not None)
                except BaseException as error:
                    # As if the signal had come earlier: after an exception the thread does not hold the lock.
                    if RECURSION_ERROR_LIFTS_LIMIT if error.__class__ is RecursionError else is_from_program():
                        tap.raw_release()
                        if number:
                            tap.releases = tap.view[LOCK_RELEASED] = tap.releases + 1
                        raise
                return True
            return _acquired(tap, raw, block, timeout)
        except BaseException as error:
            trace, error, kind = without_probe_frames(error)
            (trace, error, kind)
            raise

    acquire.__doc__ = raw.__doc__
    acquire.__qualname__ = "SemLock.acquire"
    return acquire


_TIMEOUT_TYPES = (float, int)
_TIMED_ACQUIRE = Op.ACQUIRE | Op.TIMED
_TIMED_WAIT = Op.WAIT | Op.TIMED
_NESTED_SET = Op.SET | Op.NESTED


def _acquired(tap, raw, block, timeout):
    """Acquire a lock that is not free, or that is acquired with arguments."""
    cell = None
    try:
        if block:
            cell = tap.cell(CellKind.WAIT)
            cell.enter(Op.ACQUIRE if timeout is None else _TIMED_ACQUIRE, 0)
    except Exception:
        count_fault()
    try:
        result = raw(block, timeout)
    except BaseException:
        _acquire_failed(cell)
        raise
    try:
        _record_acquire_end(tap, cell, result, not block or timeout is not None)
    except RecursionError:
        pass
    except Exception:
        count_fault()
    return result


class _Release:
    """The `release` of a lock. Looking up its `__call__` counts a release and returns the standard method itself."""

    __slots__ = ("_owned", "_raw", "_semlock", "_tap")
    __name__ = "release"

    def __init__(self, tap, semlock):
        self._tap = tap
        self._semlock = semlock
        self._raw = semlock.release
        self._owned = semlock.kind == _module.RECURSIVE_MUTEX

    @property
    @traceless
    def __call__(self):
        try:
            tap = self._tap
            number = tap.releases + 1
            # Recorded before the lock is free, so that nobody seems to acquire it while this process still holds it.
            try:
                view = tap.view
                if view is None:
                    view = tap.renew()
                if (self._owned or number > tap.takes) and self._will_fail():
                    return self._raw
                tap.releases = view[LOCK_RELEASED] = number
                if tap.recorded:
                    _record_release(tap)
            except RecursionError:
                pass
            except BaseException:
                if is_from_program():
                    # As it is by itself: a signal is handled once the lock is free.
                    self._raw()
                    if tap.view is not None:
                        tap.releases = tap.view[LOCK_RELEASED] = number
                    raise
            return self._raw
        except BaseException as error:
            trace, error, kind = without_probe_frames(error)
            (trace, error, kind)
            raise

    @property
    def __signature__(self):
        import inspect

        return inspect.signature(self._raw)

    def _will_fail(self):
        if self._owned:
            return not self._semlock._is_mine()
        try:
            return self._semlock._get_value() >= self._semlock.maxvalue
        except NotImplementedError:
            return False


def _set_holder(tap, view):
    """Note the holder at every acquisition, also without a record: an earlier holder must not be shown."""
    tap.thread = view[THREAD_WORD] = get_ident()


def _acquired_at_once(tap, view, number, may_give_up=False):
    _set_holder(tap, view)
    if not number & view[MASK_WORD]:
        moment = now()
        if journal.affordable(view, moment):
            record_acquisition(tap, view, number, moment, here(), 0, may_give_up)


def record_acquisition(tap, view, number, moment, site, waited=0, may_give_up=False):
    view[SINCE_WORD] = moment
    view[SITE_WORD] = site
    view[NUMBER_WORD] = number
    tap.recorded = True
    journal.operation(moment, Kind.ACQUIRED, tap.key, 1 if may_give_up else 0, waited, site)


def _record_release(tap):
    tap.recorded = False
    # Without regard to the budget, so that no lock seems to be held on.
    journal.operation(now(), Kind.RELEASED, tap.key, 0, 0, 0)


def _record_acquire_end(tap, cell, acquired, may_give_up=False):
    """Note the end of a wait. cell: None for an acquisition that does not block, whose end is not recorded.

    An operation that had to wait may always leave a record: it is rarer, and it is what people look for.
    """
    moment = now()
    if acquired:
        view = tap.view
        if view is None:
            view = tap.renew()
        tap.takes = view[LOCK_ACQUIRED] = number = tap.takes + 1
        _set_holder(tap, view)
        if cell is not None:
            cell.view[WAIT_SUCCEEDED] += 1
        if journal.affordable(view, moment):
            site, waited = (cell.site, moment - cell.moment) if cell is not None else (0, 0)
            record_acquisition(tap, view, number, moment, site, waited, may_give_up)
    elif cell is not None:
        cell.view[WAIT_TIMED_OUT] += 1
        if journal.affordable(cell.view, moment):
            journal.operation(moment, Kind.WAITED, tap.key, 0, moment - cell.moment, cell.site)
    else:
        tap.cell(CellKind.WAIT).ask()
    if cell is not None:
        cell.view[OP_WORD] = 0


def _acquire_failed(cell):
    if cell is not None:
        cell.leave()


def acquire_if_free(lock):
    """Acquire the lock if it is free, and return whether it was."""
    got = number = 0
    try:
        tap = lock._rockproc
        got = tap.raw(False)
        if got:
            view = tap.view
            if view is None:
                view = tap.renew()
            tap.takes = view[LOCK_ACQUIRED] = number = tap.takes + 1
            if not number & view[MASK_WORD] or tap.thread != get_ident():
                _acquired_at_once(tap, view, number)
        else:
            # This thread must wait, unless it takes its own recursive lock once more.
            tap.cell(CellKind.WAIT).enter(Op.ACQUIRE, 0)
    except BaseException as error:
        # After an exception in `__enter__` there is no `__exit__`. At the recursion limit no function can be called.
        if RECURSION_ERROR_LIFTS_LIMIT if error.__class__ is RecursionError else is_from_program():
            if got:
                tap.raw_release()  # pyright: ignore[reportPossiblyUnboundVariable]
            if number:
                tap.releases = tap.view[LOCK_RELEASED] = tap.releases + 1  # pyright: ignore[reportPossiblyUnboundVariable]
            raise
    return got


def entered(lock, result):
    try:
        tap = lock._rockproc
        cell = tap._cell
        if cell.thread != get_ident():
            cell = tap.cell(CellKind.WAIT)
        _record_acquire_end(tap, cell, True)
    except RecursionError:
        pass
    except Exception:
        count_fault()
    return result


def release_begins(lock):
    tap = lock._rockproc
    number = tap.releases + 1
    try:
        view = tap.view
        if view is None:
            view = tap.renew()
        tap.releases = view[LOCK_RELEASED] = number
        if tap.recorded:
            _record_release(tap)
    except RecursionError:
        pass
    except BaseException:
        if is_from_program():
            lock._semlock.__exit__()
            if tap.view is not None:
                tap.releases = tap.view[LOCK_RELEASED] = number + 1  # of which `release_failed` takes one back
            raise


def release_failed(lock):
    tap = lock._rockproc
    if tap is not None and tap.view is not None:
        tap.releases = tap.view[LOCK_RELEASED] = tap.releases - 1


def acquire_failed(lock):
    if lock._rockproc is not None:
        lock._rockproc.cell(CellKind.WAIT).leave()


def _record_creation(made, tap, kind, lock, value=0):
    """Record the creation of an object that contains locks: its kind, and the lock that belongs to it."""
    inner = lock._rockproc.key if lock is not None and lock._rockproc is not None else 0
    journal.record(records.Lock(value, inner, kind, maker(made)), tap.key, made_here(tap.key))


def condition_made(condition, lock):
    add_condition_tap(condition)
    own = None if lock else condition._lock
    _record_creation(condition, condition._rockproc, "Condition", own)
    if known_by_semaphores:
        record_semaphores(condition._rockproc.key, (condition._wait_semaphore,))


def add_condition_tap(condition):
    key = (
        condition._wait_semaphore._rockproc.key
        if condition._wait_semaphore._rockproc
        else _key(condition._wait_semaphore._semlock)
    )
    condition._rockproc = Tap(key, CellKind.SIGNAL, "Condition")
    for part in (condition._sleeping_count, condition._woken_count, condition._wait_semaphore):
        remove_tap(part)


def remove_condition_tap(condition):
    condition._rockproc = None
    remove_tap(condition._lock)
    condition._make_methods()


def waiting(condition, timeout):
    tap = condition._rockproc
    if tap is not None:
        tap.cell().enter(Op.WAIT if timeout is None else _TIMED_WAIT, 0)


def wait_failed(condition):
    if condition._rockproc is not None:
        condition._rockproc.cell().leave()


def waited(condition, woken):
    try:
        tap = condition._rockproc
        if tap is not None:
            _record_wait_end(tap, 1 if woken else 0)
    except Exception:
        count_fault()
    return woken


def _record_wait_end(tap, woken):
    cell = tap.cell()
    view = cell.view
    view[SIGNAL_TIMED_OUT] += 1 - woken
    number = view[SIGNAL_WAITED] + 1
    view[SIGNAL_WAITED] = number
    if not number & view[MASK_WORD]:
        moment = now()
        if journal.affordable(view, moment):
            journal.operation(moment, Kind.WAITED, tap.key, woken, moment - cell.moment, cell.site)
    view[OP_WORD] = 0


def notifying(condition):
    """Note the beginning of `notify`, which may block: it waits for the woken threads, even for a killed one."""
    tap = condition._rockproc
    if tap is not None:
        _signalled(tap)
        tap.cell().enter(Op.NOTIFY, 0)


def notified(condition):
    if condition._rockproc is not None:
        condition._rockproc.cell().leave()


def _signalled(tap, on=1):
    view = tap.cell().view
    view[SIGNAL_SET] += on
    number = view[SIGNAL_SET]
    if not number & view[MASK_WORD]:
        moment = now()
        if journal.affordable(view, moment):
            journal.operation(moment, Kind.SET, tap.key, on, 0, here())


def event_tap(event):
    """The tap of an Event. It hangs on its flag: an Event itself is pickled with all that it holds."""
    tap = event._flag._rockproc
    if tap is None or tap.cell_kind != CellKind.SIGNAL:
        key = tap.key if tap is not None else _key(event._flag._semlock)
        remove_tap(event._flag)
        remove_condition_tap(event._cond)
        tap = event._flag._rockproc = Tap(key, CellKind.SIGNAL, "Event")
    return tap


def event_made(made):
    tap = event_tap(made)
    _record_creation(made, tap, "Event", None)
    parts = made._cond
    counts = (parts._sleeping_count, parts._woken_count, parts._wait_semaphore)
    record_semaphores(tap.key, (parts._lock, *counts, made._flag))


def event_read(instance):
    event_tap(instance).cell().ask()


def event_setting(instance):
    tap = event_tap(instance)
    _signalled(tap)
    cell = tap.cell()
    cell.enter(_NESTED_SET if cell.view[OP_WORD] in (Op.WAIT, _TIMED_WAIT) else Op.SET, 0)


def event_set(instance):
    event_tap(instance).cell().leave()


def event_cleared(instance):
    _signalled(event_tap(instance), 0)


def event_waiting(instance, timeout):
    event_tap(instance).cell().enter(Op.WAIT if timeout is None else _TIMED_WAIT, 0)


def event_waited(instance, is_set):
    _record_wait_end(event_tap(instance), is_set)


def event_wait_failed(instance):
    event_tap(instance).cell().leave()


def barrier_made(barrier):
    tap = barrier._cond._rockproc
    _record_creation(barrier, tap, "Barrier", barrier._cond._lock, barrier._parties)


def barrier_unpickled(barrier):
    """Let waits on a Barrier's condition count as waits at the Barrier."""
    condition = barrier._cond
    if condition._rockproc is not None:
        condition._rockproc.kind = "Barrier"
