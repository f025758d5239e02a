"""Writes one process's journal: a record or a cell is one `pack_into` into mapped memory.

No system call, no lock and no allocation stand between an operation and its record, but for growing the file once in
many records. All state is in this module's globals, which the hot functions reach fastest; a fork gets a journal of its
own by `begin`.
"""

import _signal  # pyright: ignore[reportMissingImports]
import _thread
import itertools
import mmap
import os
import sys
import time

from . import layout, records
from .layout import FIRST_COUNT, MASK_WORD, SECOND_COUNT, THIRD_COUNT, Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401 (type comments name it)

get_ident = _thread.get_ident
now = time.monotonic_ns

_pack_record = layout.RECORD.pack_into
_RECORD = layout.RECORD.size
_MASK = layout.RECORDS - 1
_RING = layout.RING_AT
_CHUNK = layout.CHUNK
CELLS = 128
"""The number of cells that get their storage in the file at once."""
_WINDOW_NS = 50_000_000
_DEFAULT_DESCRIPTOR_LIMIT = 1024
"""The default limit of open files of a process."""
_FREE_DESCRIPTORS = 4
"""Descriptor numbers that stay free above that of the map, for programs that use the highest ones."""

_ALWAYS_RECORDED_OPERATIONS = 8
"""The first operations of a thread on an object, which leave a record even when the budget is used up."""
BUDGET = {"light": 0, "auto": 60, "full": 1 << 60}
"""The number of operations of a process that may leave records in a window of 50 ms, by level of detail."""

folder = ""
cache = ""
"""The folder that keeps woven code across runs; see `woven_code`."""
failed_taps = {}
"""The qualified names of functions that could not be woven in this interpreter, with the reasons."""
level = "auto"
memory = None  # type: Any
"""The mapped journal, or None: nothing is written then."""
path = ""
_sequence = itertools.count()
_tokens = itertools.count(1)
_limit = _backed = 0
"""The first record for which there may be no room, and the first whose place in the file may have no storage."""
_room = True
_budget = 0
_refill = 0
dropped = 0
interrupted = None
"""The exception that a signal handler of the program has raised in this process before the process could begin."""
faults = 0
_copy = None
"""The descriptor that the map keeps, below Python 3.13, and the file of that; see `_file`."""
pid = parent = 0
"""The pids of this process and of the one that forked or executed it, which may have ended before the journal began."""
_abandoned = []
"""Maps whose descriptor the program has closed. Freeing one would close the file that now has its number."""


def begin():
    """Start the journal of this process. Without room for one, the process continues unobserved."""
    global memory, path, pid, parent, _sequence, _limit, _backed, _room, _budget, _refill, dropped, faults, _copy
    if memory is not None and _copy is not None and _file(_copy[0]) != _copy[1]:
        _abandoned.append(memory)
    memory = _copy = None
    _check_file_size_limit()
    _sequence = itertools.count()
    dropped = faults = _budget = _refill = 0
    _limit = _backed = _CHUNK
    _room = True
    own = os.getpid()
    if pid != own:  # otherwise this process begins a journal for the second time
        parent = pid or os.getppid()
    pid = own
    birth = now()
    path = "%s/%d-%d.journal" % (folder, pid, birth)
    partial = path + "~"
    descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.ftruncate(descriptor, layout.SIZE)
        # What every process writes to. A page that has been written costs its first touch in memory a twentieth of what
        # it costs in a hole or in reserved storage, for which a file system reads ahead.
        _write_zeros(descriptor, 0, layout.CELLS_AT + CELLS * layout.CELL.size)
        _write_zeros(descriptor, _RING, _CHUNK * _RECORD)
        # Without `trackfd` the map keeps a descriptor of its own, which then shows among the program's.
        if sys.version_info >= (3, 13):
            mapped = mmap.mmap(descriptor, layout.SIZE, trackfd=False)
        else:
            mapped, number = _map_at_a_high_number(descriptor)
            _copy = number, _file(descriptor)
    finally:
        os.close(descriptor)
    if hasattr(mmap, "MADV_RANDOM"):
        mapped.madvise(mmap.MADV_RANDOM)
    layout.IDENTITY.pack_into(mapped, 0, layout.MAGIC, layout.VERSION, pid, parent, birth)
    memory = mapped
    os.rename(partial, path)  # the reader sees a whole header or none


def _map_at_a_high_number(descriptor):
    """Map the file so that the descriptor that the map keeps has a number which programs rarely use.

    A map gets the lowest free number, and in a fork that may be one which the program has closed and expects to be
    closed. So all lower numbers are occupied meanwhile; there is no other thread yet. Returns the map and its number.
    """
    limit = os.sysconf("SC_OPEN_MAX")
    place = min(limit if limit > 0 else _DEFAULT_DESCRIPTOR_LIMIT, _DEFAULT_DESCRIPTOR_LIMIT) - _FREE_DESCRIPTORS
    occupied = []
    try:
        number = os.dup(descriptor)
        while number < place:
            occupied.append(number)
            number = os.dup(descriptor)
        os.close(number)
        return mmap.mmap(descriptor, layout.SIZE), number
    except OSError:  # The program has used up its descriptors.
        if not occupied:
            raise
        number = occupied.pop(0)
        os.close(number)
        return mmap.mmap(descriptor, layout.SIZE), number
    finally:
        _close(occupied)


def _close(numbers):
    """Close descriptors, given in ascending order, a run of consecutive numbers at a time."""
    begin = 0
    for end in range(1, len(numbers) + 1):
        if end == len(numbers) or numbers[end] != numbers[end - 1] + 1:
            os.closerange(numbers[begin], numbers[end - 1] + 1)
            begin = end


def _file(descriptor):
    """Return the device and the inode of an open file; None for a closed descriptor."""
    try:
        found = os.fstat(descriptor)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _check_file_size_limit():
    """Check the limit of file sizes. Raises OSError if exceeding it would send the program a signal."""
    number = getattr(_signal, "SIGXFSZ", None)
    if number is not None and _signal.getsignal(number) != _signal.SIG_IGN:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
        if limit != resource.RLIM_INFINITY and limit < layout.SIZE:
            raise OSError("no room")


def _write_zeros(descriptor, start, size):
    if os.pwrite(descriptor, bytes(size), start) < size:
        raise OSError("no room")


def extend(start, size):
    """Give another stretch of this process's journal its storage; raises OSError when there is none.

    Writing into a hole of a full disk would kill the process. Reserved and not written: another thread may be doing the
    same, and have used it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(descriptor, start, size)
        else:
            _write_zeros(descriptor, start, size)
    finally:
        os.close(descriptor)


def _grow(number):
    """Make room for record `number`; return False if there is no room."""
    global _limit, _backed, _room
    cursor = layout.CURSOR.unpack_from(memory, layout.CURSOR_AT)[0]
    _room = number - cursor < layout.RECORDS * 3 // 4
    if number - cursor >= layout.RECORDS:
        return False
    end = number - number % _CHUNK + _CHUNK
    # In the next round as well: the reader has given the storage of what it has read back to the system. Another thread
    # may have a number of an earlier chunk, and wait for its turn.
    for chunk in range(max(_backed, end - layout.RECORDS), end, _CHUNK):
        try:
            extend(_RING + (chunk & _MASK) * _RECORD, _CHUNK * _RECORD)
        except OSError:
            _room = False
            return False
        _backed = max(_backed, chunk + _CHUNK)
    _limit = min(end, cursor + layout.RECORDS)
    if dropped:
        layout.CURSOR.pack_into(memory, layout.RESUMED_AT, number)
    publish()
    return True


def publish():
    """Write the current totals into the header."""
    if memory is not None:
        layout.TOTALS.pack_into(memory, layout.TOTALS_AT, dropped, faults)


def write(kind, key, a=0, b=0, site=0, payload=b"", moment=0):
    """Write a record regardless of the budget. A `payload` of any length is accepted; it is split into TEXT records."""
    if memory is None:
        return
    moment = moment or now()
    token = 0
    if len(payload) > layout.PAYLOAD:
        token = next(_tokens) & 0xFFFFFFFF
        while len(payload) > layout.PAYLOAD:
            if not _put(moment, 0, 0, 0, 0, Kind.TEXT, token, payload[: layout.PAYLOAD]):
                return
            payload = payload[layout.PAYLOAD :]
    _put(moment, key, a, b, site, kind, token, payload)


def record(content, key=0, site=0):
    """Write what a record says (see `records`), whatever the budget is. key: of its object."""
    if memory is not None:
        a, b, payload = content.pack()
        write(content.KIND, key, a, b, site, payload)


def tap_failed(name, reason):
    """Record that a function of the standard library, or a whole module, has no tap in this process."""
    failed_taps[name] = reason
    record(records.TapFailed(name, reason))


def count_dropped():
    """Count a record or a cell for which there was no room."""
    global dropped
    dropped += 1
    publish()


def _put(moment, key, a, b, site, kind, token, payload):
    if memory is None:
        return False
    number = next(_sequence)
    if number >= _limit and not _grow(number):
        count_dropped()
        return False
    _pack_record(
        memory, _RING + (number & _MASK) * _RECORD,
        moment, get_ident(), key, a, b, site, kind, len(payload), token, payload, number + 1,
    )  # fmt: skip
    return True


def has_room():
    """Return whether the observer has read enough of the journal for records that no budget limits."""
    return _room


def affordable(view, moment):
    """Return whether an operation that its cell's mask lets through may leave a record. If not, the mask grows."""
    global _budget, _refill
    if moment >= _refill:
        _refill = moment + _WINDOW_NS
        _budget = BUDGET[level] if _room else 0
    if _budget > 0:
        _budget -= 1
        return True
    # A worker's one result, say, which comes behind a loop that has spent it all.
    if (
        _room
        and BUDGET[level]
        and view[FIRST_COUNT] + view[SECOND_COUNT] + view[THIRD_COUNT] <= _ALWAYS_RECORDED_OPERATIONS
    ):
        return True
    if view[MASK_WORD] < 0xFFFF:
        view[MASK_WORD] = view[MASK_WORD] << 1 | 1
    return False


def operation(moment, kind, key, a, b, site, payload=b""):
    """Write the record of an operation for which `affordable` returned True."""
    if len(payload) > layout.PAYLOAD:
        write(kind, key, a, b, site, payload, moment)
    else:
        _put(moment, key, a, b, site, kind, 0, payload)


RECURSION_ERROR_LIFTS_LIMIT = sys.version_info < (3, 10)
"""After a RecursionError these versions check no limit until the stack has been unwound a little. A handler that calls
further functions before that can end in a fatal error of the interpreter."""


def _nested(levels):
    return (_nested(levels - 1),) if levels else ()


NESTED, NESTED_COPY = _nested(9), _nested(9)
"""Comparing these two needs as many levels of the C stack as any tap, and fails before a tap if there are fewer."""


def count_fault():
    """Count an error of the probe. Called while it is handled.

    An exception that a signal handler of the program has raised inside our code is the program's, and is raised again.
    """
    if is_from_program():
        error = sys.exc_info()[1]
        try:
            raise error  # pyright: ignore[reportGeneralTypeIssues]
        finally:
            # This frame is in the traceback now: a cycle, in which the program's frames would wait for a
            # collection, and what they hold would be ended in the order of that.
            error = None


def is_from_program():
    """Return whether the exception being handled is the program's own, raised during a tap.

    A signal raises it there, as Ctrl-C does, another thread, or a trace function.
    The frames of ours below the one that handles it are taken out of its traceback. An error of the probe is counted.
    """
    kind, error, trace = sys.exc_info()
    if not isinstance(error, Exception) or kind.__module__ not in _MODULES_OF_TAP_ERRORS or _ran_program_code(trace):
        remove_probe_frames()
        return True
    while trace.tb_next is not None:  # pyright: ignore[reportOptionalMemberAccess]
        trace = trace.tb_next  # pyright: ignore[reportOptionalMemberAccess]
    _count(kind, error, trace)
    return False


def _ran_program_code(trace):
    """Return whether the traceback contains code of the program, which no tap calls, or one of its signal handlers."""
    handlers = None
    while trace.tb_next is not None:
        trace = trace.tb_next
        code = trace.tb_frame.f_code
        if not code.co_filename.startswith(PROBE_FILES):
            if not code.co_filename.startswith(_STANDARD) or code.co_filename.startswith(_INSTALLED):
                return True
            handlers = handlers or _handlers()
            if code in handlers:
                return True
    return False


def remove_probe_frames():
    """Remove the probe's frames below the handling frame from the traceback of the current exception."""
    trace = sys.exc_info()[2]
    while trace is not None:
        below = trace.tb_next
        while below is not None and below.tb_frame.f_code.co_filename.startswith(PROBE_FILES):
            below = below.tb_next
        if below is not trace.tb_next:
            trace.tb_next = below
        trace = below


def without_probe_frames(error):
    """Remove also the frame that handles the exception from its traceback. `traceless` uses the returned values."""
    remove_probe_frames()
    kind, error, trace = sys.exc_info()
    BaseException.with_traceback(error, trace.tb_next)  # pyright: ignore[reportArgumentType, reportOptionalMemberAccess]
    return trace.tb_next, error, kind  # pyright: ignore[reportOptionalMemberAccess]


def _count(kind, error, trace):
    global faults
    faults += 1
    if memory is not None:
        if faults == 1:
            text = "%s (%s:%d)" % (_describe(kind, error), trace.tb_frame.f_code.co_name, trace.tb_lineno)
            encoded = text.encode("utf-8", "replace")[: layout.CRASH_SIZE - 1]
            memory[layout.CRASH_AT : layout.CRASH_AT + len(encoded)] = encoded
        publish()


def _handlers():
    """Return the code objects of the program's signal handlers."""
    found = set()
    for number in range(1, _signal.NSIG):
        handler = _signal.getsignal(number)
        handler = getattr(handler, "__func__", handler)
        found.add(getattr(handler, "__code__", None) or getattr(type(handler).__call__, "__code__", None))
    return found


def _describe(kind, error):
    try:
        return "%s: %s" % (kind.__name__, error)
    except Exception:
        return kind.__name__


PROBE_FILES = begin.__code__.co_filename.rpartition("journal")[0]
"""The beginning of the file names of our code objects; see `loading`."""
_LIBRARY = os.path.dirname(os.__file__) + os.sep
_STANDARD = (_LIBRARY, "<frozen ")
_INSTALLED = (_LIBRARY + "site-packages" + os.sep, _LIBRARY + "dist-packages" + os.sep, _LIBRARY + "bdb.py")
_MODULES_OF_TAP_ERRORS = ("builtins", "struct", "binascii", "_struct")
"""The modules that define the exceptions which an error of the probe can raise."""
