"""Provides the code of a standard module with the calls of our taps woven into its own source.

Woven code has the module's file name, lines and columns, so tracebacks through it stay the same to the letter and show
no frame of ours. It is cached across runs, since weaving takes much longer than loading.
"""

import _imp
import _warnings
import marshal
import os
import stat
import sys
from _frozen_importlib_external import cache_from_source

from . import journal
from .weave import TAP

_FOLDER = os.path.dirname(__spec__.origin)
_COMPILER_NEEDS = ("_ast", "ast", "contextlib", "copy")
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def woven_code(name, loader, filename, tap):
    """Return the code of the module `name`, and a list of (function, reason) of the weaves that do not fit it."""
    cache = _open_cache()
    try:
        source = loader.get_data(filename)
        interpreter = [filename, sys.version, sys.flags.optimize]
        entry = "%s.%s.woven" % (name, _hash(repr(interpreter).encode("utf-8", "surrogateescape")).hex())
        stamp = [*interpreter, _hash(source), *_probe_version(tap)]
        found = _read(cache, entry, stamp)
        if found is None:
            with _Warnings(filename):
                code, failures = _compile(source, filename, tap)
            _write(cache, entry, (stamp, code, failures))
        else:
            code, failures = found
    finally:
        if cache is not None:
            os.close(cache)
    return _with_tap(code, tap), failures


class _Warnings:
    """Python warns of a module's syntax when it compiles it, and not when it finds its compiled code.

    The filter is put into the list itself: by way of `warnings` all that have been shown once would be shown again.
    """

    _IGNORE = ("ignore", None, Warning, None, 0)

    def __init__(self, filename):
        self._filters = []
        if os.path.exists(cache_from_source(filename)):
            self._filters = getattr(sys.modules.get("warnings", _warnings), "filters", [])

    def __enter__(self):
        self._filters.insert(0, self._IGNORE)

    def __exit__(self, *_error):
        if self._IGNORE in self._filters:
            self._filters.remove(self._IGNORE)


def _hash(data):
    return _imp.source_hash(0, data)


def _probe_version(tap):
    """Describe the files of ours on which the result depends."""
    described = getattr(tap, "DESCRIBED_IN", ())
    files = [tap.__spec__.origin, *described, *(os.path.join(_FOLDER, name) for name in ("compiling.py", "weave.py"))]
    return [(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns) for status in map(os.stat, files)]


def _open_cache():
    """Open the cache folder, or return None if others could write there, since code in it is executed.

    Entries are reached through this descriptor alone, so that the folder cannot be replaced in the meantime.
    """
    if not journal.cache:
        return None
    try:
        folder = os.open(journal.cache, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    if _is_ours_alone(os.fstat(folder)):
        return folder
    os.close(folder)
    return None


def _is_ours_alone(status):
    return status.st_uid == os.geteuid() and not status.st_mode & _WRITABLE_BY_OTHERS


def _read(cache, entry, stamp):
    """Return the code and the failures from the cache, or None."""
    if cache is None:
        return None
    try:
        descriptor = os.open(entry, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=cache)
    except OSError:
        return None
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or not _is_ours_alone(status):
            return None
        try:
            stored, code, failures = marshal.load(file)
        except (OSError, EOFError, ValueError, TypeError):
            return None
    return (code, failures) if stored == stamp else None


def _write(cache, entry, content):
    """Put an entry into the cache; a disk that is full only costs the next process the time to weave."""
    if cache is None:
        return
    partial = "%s.%d" % (entry, os.getpid())
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=cache)
        with open(descriptor, "wb") as file:
            marshal.dump(content, file)
        os.rename(partial, entry, src_dir_fd=cache, dst_dir_fd=cache)
    except OSError:
        pass


def _compile(*arguments):
    """Compile with the standard library's own modules, and put them away again.

    The program may have modules with such names, and has its folder before the standard library's.
    """
    path = sys.path[:]
    others = {name: sys.modules.pop(name) for name in _COMPILER_NEEDS if name in sys.modules}
    before = set(sys.modules)
    standard = os.path.dirname(os.__file__)
    sys.path[:] = [
        folder for folder in path if folder == standard or folder.startswith(standard + os.sep + "lib-dynload")
    ]
    try:
        from .compiling import weave_module

        return weave_module(*arguments)
    finally:
        sys.path[:] = path
        # What `ast` imports in its turn differs from version to version.
        for name in set(sys.modules) - before:
            if not name.startswith(__package__ + "."):  # pyright: ignore[reportOptionalOperand]
                del sys.modules[name]
        sys.modules.update(others)


def _with_tap(code, tap):
    """Return code in which the tap's module replaces the constant that stands for it."""
    constants = tuple(
        _with_tap(constant, tap) if type(constant) is type(code) else tap if constant == TAP else constant
        for constant in code.co_consts
    )
    return code.replace(co_consts=constants)
