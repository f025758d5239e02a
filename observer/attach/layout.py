"""Offsets of the fields of CPython's structures, in bytes, by version.

Those of 3.8 to 3.12 come from the headers of these versions (`offsetof`). From 3.13 on each interpreter describes
itself, at the beginning of `_PyRuntime` (`_Py_DebugOffsets` in pycore_debug_offsets.h); what it leaves out is here.
All are for 64-bit builds with the global interpreter lock, and are the same on x86-64 and aarch64.
"""

from __future__ import annotations

import struct

import msgspec
from msgspec.structs import replace

OLDEST, NEWEST = (3, 8), (3, 15)
COOKIE = b"xdebugpy"
DEBUG_OFFSETS_BYTES = 512


class Layout(msgspec.Struct, frozen=True):
    version: tuple[int, int]
    # _PyRuntimeState
    interpreters_head: int
    # PyInterpreterState
    threads_head: int
    modules: int
    # PyThreadState
    thread_next: int
    thread_interpreter: int
    thread_id: int
    native_thread_id: int | None
    """The offset of the kernel's thread id; None before 3.11, which does not store it."""
    frame: int
    """The offset of the current frame; in 3.11 and 3.12 that of the `_PyCFrame` that points to it."""
    cframe_frame: int | None
    # PyFrameObject, or _PyInterpreterFrame from 3.11 on
    frame_code: int
    frame_previous: int
    frame_instruction: int
    """The offset of f_lasti before 3.11; later that of a pointer to the instruction."""
    frame_globals: int
    frame_locals: int
    """The offset of the dict with the variables of a frame that is no function's."""
    frame_owner: int | None
    frame_localsplus: int
    # PyCodeObject
    code_filename: int
    code_name: int
    code_first_line: int
    code_lines: int
    """The offset of the table of lines: co_lnotab, or co_linetable."""
    code_instructions: int
    code_localsplus_names: int
    """The offset of co_varnames before 3.11."""
    code_localsplus_kinds: int
    # PyHeapTypeObject
    cached_keys: int
    # PyASCIIObject and PyTupleObject
    ascii_data: int
    compact_data: int
    tuple_items: int = 24

    @property
    def one_frame_stack(self) -> bool:
        """True if frames are not objects, and their locals are one array (3.11 and later)."""
        return self.version >= (3, 11)


_V38 = Layout(
    version=(3, 8), interpreters_head=32, threads_head=8, modules=56,
    thread_next=8, thread_interpreter=16, thread_id=176, native_thread_id=None, frame=24, cframe_frame=None,
    frame_code=32, frame_previous=24, frame_instruction=104, frame_globals=48, frame_locals=56, frame_owner=None,
    frame_localsplus=360,
    code_filename=104, code_name=112, code_first_line=40, code_lines=120, code_instructions=0,
    code_localsplus_names=72, code_localsplus_kinds=0, cached_keys=872, ascii_data=48, compact_data=72,
)  # fmt: skip
_V39 = replace(_V38, version=(3, 9), modules=856, cached_keys=864)
_V310 = replace(_V39, version=(3, 10), frame_instruction=96, frame_localsplus=352, cached_keys=872)
_V311 = replace(
    _V310, version=(3, 11), interpreters_head=40, threads_head=16, modules=888,
    thread_id=152, native_thread_id=160, frame=56, cframe_frame=8,
    frame_code=32, frame_previous=48, frame_instruction=56, frame_globals=8, frame_locals=24, frame_owner=69,
    frame_localsplus=72,
    code_name=128, code_filename=112, code_first_line=72, code_lines=136, code_instructions=184,
    code_localsplus_names=96, code_localsplus_kinds=104,
)  # fmt: skip
_V312 = replace(
    _V311, version=(3, 12), threads_head=72, modules=944, thread_id=136, native_thread_id=144, cframe_frame=0,
    frame_code=0, frame_previous=8, frame_globals=24, frame_locals=40, frame_owner=70,
    code_first_line=68, code_instructions=192, cached_keys=880, ascii_data=40, compact_data=56,
)  # fmt: skip
_V313 = replace(_V312, version=(3, 13), frame=72, cframe_frame=None, code_instructions=200)
_V314 = replace(
    _V313, version=(3, 14), frame_localsplus=80, frame_owner=74, code_instructions=208, tuple_items=32
)  # fmt: skip
_V315 = replace(_V314, version=(3, 15), cached_keys=888)
LAYOUTS = {version.version: version for version in (_V38, _V39, _V310, _V311, _V312, _V313, _V314, _V315)}

_DESCRIBED = {(3, 13): (3, 7, 9, 22, 23), (3, 14): (3, 7, 10, 25, 26), (3, 15): (3, 7, 10, 28, 29)}
"""Places in `_Py_DebugOffsets`, counted in words after the version: interpreters_head of the runtime, threads_head
and imports_modules of an interpreter, thread_id and native_thread_id of a thread."""


def described_version(head: bytes) -> tuple[int, int] | None:
    """Return the version that the beginning of `_PyRuntime` names; None before 3.13."""
    if not head.startswith(COOKIE):
        return None
    number = int.from_bytes(head[8:16], "little")
    return number >> 24, number >> 16 & 0xFF


def is_free_threaded(head: bytes) -> bool:
    return head.startswith(COOKIE) and head[16:24] != bytes(8)


def described_layout(head: bytes) -> Layout | None:
    """Return the layout of an interpreter that describes itself; None for a version that is not known.

    Args:
        head: the first `DEBUG_OFFSETS_BYTES` of `_PyRuntime`.
    """
    version = described_version(head)
    places = _DESCRIBED.get(version) if version is not None else None
    if version is None or places is None:
        return None
    words = struct.unpack_from(f"<{(len(head) - 16) // 8}Q", head, 16)
    runtime, threads, modules, ident, native = (words[place] for place in places)
    return replace(
        LAYOUTS[version],
        interpreters_head=runtime,
        threads_head=threads,
        modules=modules,
        thread_id=ident,
        native_thread_id=native,
    )
