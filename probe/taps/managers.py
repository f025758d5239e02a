"""multiprocessing/managers.py: managers, and the calls that proxies make (CPython 3.8 to 3.13)."""

import binascii

from .. import journal
from ..cells import Tap
from ..journal import fault as fault
from ..journal import now
from ..labels import number_of
from ..layout import Kind, Op, What
from ..sites import here
from ..weave import Weave
from .process import argument

_CALLED = "tap.called(self, methodname, args)"

WEAVES = {
    "BaseManager.start": Weave(after="tap.started(self)"),
    "BaseProxy.__init__": Weave(after="tap.made(self)"),
    "BaseProxy._callmethod": Weave(
        before="tap.calling(self, methodname)",
        statements={"return result": _CALLED, "return proxy": _CALLED},
        failed="tap.failed(self)",
    ),
    "SharedMemoryManager.SharedMemory": Weave(statements={"return sms": "tap.lent(self, sms)"}),
    "SharedMemoryManager.ShareableList": Weave(statements={"return sl": "tap.lent(self, sl.shm)"}),
}


def loaded(module):
    module.BaseProxy._rockproc = None


def _crc(value):
    return binascii.crc32(str(value).encode("utf-8", "replace"))


def started(manager):
    name = type(manager).__name__.encode("utf-8", "replace")
    journal.write(Kind.MANAGER, _crc(manager._address), manager._process.pid, 0, here(2), name)


def lent(manager, memory):
    if memory._rockproc is not None:
        journal.write(Kind.SEGMENT_LENT, memory._rockproc.key, _crc(manager._address), 0, here(2))


def made(proxy):
    token = proxy._token
    manager = _crc(token.address)
    proxy._rockproc = Tap(manager << 32 | _crc(token.id), What.MANAGED)
    if proxy._manager is not None:
        # Made here; otherwise it has come from another process.
        journal.write(Kind.MANAGED, proxy._rockproc.key, manager, 0, here(2), str(token.typeid).encode())


def calling(proxy, method):
    tap = proxy._rockproc
    if tap is not None:
        cell = tap.cell()
        cell.view[5] = number_of(method)
        cell.enter(Op.CALL, 3, cell.view[2] + 1)


def called(proxy, method, args):
    tap = proxy._rockproc
    if tap is None:
        return
    cell = tap.cell()
    view = cell.view
    number = view[2] + 1
    view[2] = number
    view[8] = 0
    if cell.moment and journal.affordable(view, cell.moment):
        text = "%s(%s)" % (method, ", ".join(argument(each) for each in args[:5]))
        payload = text.encode("utf-8", "replace")
        journal.operation(cell.moment, Kind.CALL, tap.key, now() - cell.moment, 0, cell.site, payload)


def failed(proxy):
    tap = proxy._rockproc
    if tap is not None:
        view = tap.cell().view
        view[3] += 1
        view[8] = 0
