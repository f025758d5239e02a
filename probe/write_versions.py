"""Versions of shared Values, by which a thread detects that it overwrites changes that it has not read.

A word of 64 bits belongs to each Value. Its lower half is the version, to which each write adds 1. Its upper half is
the number of writes that the content lacks: what a thread writes, after it has read version 5, lacks the writes from 6
on. The words are changed while the Value's own lock is held.

They lie in the file that holds the Values, behind these, a word for each 4 bytes; all processes that have the file map
them. The file is sparse: only what is written to takes memory. The map is made by the C library, since one of Python's
keeps a descriptor of its own below 3.13, which would show among the program's.
"""

import mmap
import os
import sys

GRAIN = 4
"""Bytes of a Value for each of which there is a word."""
_WORD_BYTES_PER_BYTE = 2
"""Bytes of words for each byte of Values."""
VERSION_MASK = 0xFFFFFFFF
"""The part of a word that is the version."""
LACKS_SHIFT = 32
"""The bits below the number of writes that the content lacks."""
_MAX_FILE_BYTES = 1 << 28
"""Bytes of a file that is still mapped a second time."""
_PROTECTION = mmap.PROT_READ | mmap.PROT_WRITE if hasattr(mmap, "PROT_READ") else 0
_MAP_FAILED = (1 << 64) - 1
"""The value that the C library returns when it cannot map."""

_library = None
_free = {}
"""Addresses that were mapped and are not used any more, by size."""


class _Map:
    """The words behind the Values in a file, in memory as long as this object lives."""

    def __init__(self, descriptor, begin, size):
        library = _functions()
        self._size = size
        self._address = None
        spare = _free.get(size)
        address = spare.pop() if spare else None
        flags = mmap.MAP_SHARED | (_MAP_FIXED if address else 0)
        found = library.mmap(address, size, _PROTECTION, flags, descriptor, begin)
        if found in (None, _MAP_FAILED):
            raise OSError("no versions can be mapped")
        self._address = found
        self.words = memoryview((library.byte * size).from_address(found)).cast("B").cast("Q")

    def __del__(self):
        # Finalizers run in any order, and one of the program may still write a Value: the address stays valid, and
        # only what it stands for is let go.
        try:
            if self._address is not None:
                flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_FIXED
                _library.mmap(self._address, self._size, _PROTECTION, flags, -1, 0)  # pyright: ignore[reportOptionalMemberAccess]
                _free.setdefault(self._size, []).append(self._address)
        except Exception:  # Python ends, and its modules are empty.
            pass


_MAP_FIXED = 0x10
"""MAP_FIXED of Linux."""


class _Library:
    def __init__(self):
        import ctypes

        function = ctypes.CDLL(None).mmap
        kinds = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long
        function.restype, function.argtypes = ctypes.c_void_p, kinds
        self.mmap = function
        self.byte = ctypes.c_ubyte


def _functions():
    global _library
    if _library is None:
        _library = _Library()
    return _library


def versions_of(arena, start, size):
    """Return the words of the file of an arena, as a view; None where there can be none.

    arena: as `multiprocessing.heap` has it. start, size: the bytes of the Value in it, whose words can be written to
    from now on.
    """
    words = arena.size * _WORD_BYTES_PER_BYTE
    try:
        if not sys.platform.startswith("linux") or arena.size > _MAX_FILE_BYTES or arena.size % mmap.PAGESIZE:
            return None
        if os.fstat(arena.fd).st_size < arena.size + words:
            os.ftruncate(arena.fd, arena.size + words)
        # To write into a hole of a file system that has become full would end the process.
        os.posix_fallocate(arena.fd, arena.size + start * _WORD_BYTES_PER_BYTE, size * _WORD_BYTES_PER_BYTE)
        known = vars(arena).get("_rockproc")
        if known is None:
            known = arena._rockproc = _Map(arena.fd, arena.size, words)
    except (OSError, ValueError):
        return None
    except (AttributeError, TypeError):
        return None  # a finalizer runs when the modules of the standard library have been emptied
    return known.words
