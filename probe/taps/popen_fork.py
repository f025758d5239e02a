"""multiprocessing/popen_fork.py: when the parent learns how a child has ended (CPython 3.8 to 3.15)."""

import weakref

from .. import journal, records
from ..journal import count_fault
from ..weave import Weave

WEAVES = {"Popen.poll": Weave(calls={"self.returncode": "tap.polled(self, {})"})}

_reaped = weakref.WeakSet()


def polled(popen, code):
    try:
        if code is not None and popen not in _reaped:
            _reaped.add(popen)
            journal.record(records.Reaped(popen.pid, code))
    except Exception:
        count_fault()
    return code
