"""Finds the state of the interpreter in the memory of a process, and the version of its Python."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from .elf import addresses
from .memory import Mapping, ProcessMemory, UnreadableMemory

_RUNTIME, _SECTION, _VERSION = "_PyRuntime", ".PyRuntime", "Py_Version"
"""The symbol of the state, the section that contains nothing else, which a stripped file still has, and the symbol of
the version. The last two exist since 3.11.
"""
_IN_PATH = re.compile(r"python(3)\.(\d+)")
_DELETED = " (deleted)"


def find_runtime(memory: ProcessMemory, mappings: list[Mapping]) -> tuple[int, tuple[int, int] | None] | None:
    """Return the address of `_PyRuntime`, and the version if it is known, from the executable or libpython.

    Returns None if neither of them contains it.
    """
    tried: set[str] = set()
    executable = _executable(memory.pid)
    for mapping in mappings:
        if "python" not in mapping.path and mapping is not mappings[0] and mapping.path != executable:
            continue
        if mapping.offset or mapping.path in tried or not mapping.path.startswith("/"):
            continue
        tried.add(mapping.path)
        found = _addresses(memory.pid, mapping, executable)
        runtime = found.get(_RUNTIME, found.get(_SECTION))
        if runtime is not None:
            version = _stored_version(memory, mapping.begin + found[_VERSION]) if _VERSION in found else None
            return mapping.begin + runtime, version or _version_near(mapping.path, mappings)
    return None


def _addresses(pid: int, mapping: Mapping, executable: str) -> dict[str, int]:
    for path in _files(pid, mapping, executable):
        with suppress(OSError):
            return addresses(path, (_RUNTIME, _SECTION, _VERSION))
    return {}


def _files(pid: int, mapping: Mapping, executable: str) -> Iterator[Path]:
    """Yield paths of the mapped file. Those that the kernel keeps stand for the file even if it was replaced since."""
    yield Path(f"/proc/{pid}/map_files/{mapping.begin:x}-{mapping.end:x}")  # only root may open it
    if mapping.path == executable:
        yield Path(f"/proc/{pid}/exe")
    if not mapping.path.endswith(_DELETED):
        # In a chroot the kernel names files by our root, in a container by that of the program.
        yield Path(f"/proc/{pid}/root") / mapping.path.lstrip("/")
        yield Path(mapping.path)


def _executable(pid: int) -> str:
    with suppress(OSError):
        return os.readlink(f"/proc/{pid}/exe")  # noqa: PTH115
    return ""


def _stored_version(memory: ProcessMemory, address: int) -> tuple[int, int] | None:
    """Return the version that the interpreter states of itself."""
    with suppress(UnreadableMemory):
        major, minor = (number := memory.pointer(address)) >> 24, number >> 16 & 0xFF
        return (major, minor) if major == 3 else None
    return None


def _version_near(path: str, mappings: list[Mapping]) -> tuple[int, int] | None:
    """Return the version in the name of a file, or else the one in the paths of the mapped files."""
    for name in (path.rpartition("/")[2], *(mapping.path for mapping in mappings)):
        found = _IN_PATH.search(name)
        if found is not None:
            return 3, int(found[2])
    return None
