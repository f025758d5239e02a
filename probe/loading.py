"""Loads the probe's modules so that tools which trace, measure or watch files do not take them for the program's.

Their code has names such as `<frozen _rockproc_probe.cells>`, which coverage, debuggers and `trace` leave out as parts
of Python, and the modules have no `__file__`. Python's own finders never see their folder.
"""

import _imp
import marshal
import os
import stat
import sys

# The implementation of `importlib`, without the modules that `importlib` imports.
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import SourceFileLoader

_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


class Loader:
    """Finds and loads the modules of one package below a folder; `ModuleSpec.origin` names their files.

    The compiled code of all of them is one entry of the cache: that is quicker to read than .pyc files, for which there
    may be no place beside the sources.
    """

    def __init__(self, package, folder, cache):
        self.package = package
        self.folder = folder
        self._cache = CodeCache(cache)
        self._compiled = None
        """The marshalled code of the modules, by the path of the file below the folder."""

    def find_spec(self, name, _path=None, _target=None):
        if name != self.package and not name.startswith(self.package + "."):
            return None
        parts = name.split(".")[1:]
        if parts:
            parts[0] = parts[0].partition("_for_")[0]  # the same file, once more for a copy of multiprocessing
        place = os.path.join(self.folder, *parts)
        is_package = os.path.isdir(place)
        file = os.path.join(place, "__init__.py") if is_package else place + ".py"
        return ModuleSpec(name, self, origin=file, is_package=is_package) if os.path.exists(file) else None  # pyright: ignore[reportArgumentType]

    def create_module(self, _spec):
        return None

    def exec_module(self, module):
        exec(self._code_of(module.__name__, module.__spec__.origin), module.__dict__)  # pyright: ignore[reportArgumentType]

    def _code_of(self, name, file):
        if self._compiled is None:
            self._compiled = self._compile()
        data = self._compiled.get(file[len(self.folder) + 1 :])
        code = SourceFileLoader(name, file).get_code(name) if data is None else marshal.loads(data)
        _imp._fix_co_filename(code, "<frozen %s>" % name)  # pyright: ignore[reportAttributeAccessIssue]
        return code

    def _compile(self):
        """Return all modules from the cache, or compile and cache them; nothing where there is no cache."""
        files = sorted(
            os.path.join(part, name)
            for part in ("", "copies", "taps")
            for name in os.listdir(os.path.join(self.folder, part))
            if name.endswith(".py")
        )
        entry, interpreter = self._cache.entry(self.package, self.folder, "probe")
        stamp = [*interpreter, *((file, version_of(os.path.join(self.folder, file))) for file in files)]
        found = self._cache.read(entry, stamp)
        if found is not None:
            return found[0]
        if not self._cache.is_usable():
            return {}
        compiled = {}
        for file in files:
            path = os.path.join(self.folder, file)
            try:
                compiled[file] = marshal.dumps(SourceFileLoader(self.package, path).get_code(self.package))
            except Exception:  # This module's own import reports the error; the other modules can be used without it.
                continue
        self._cache.write(entry, stamp, compiled, [])
        return compiled


def version_of(file):
    """Describe a file so that it differs when the file has been changed or replaced."""
    status = os.stat(file)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


class CodeCache:
    """Keeps code across runs, in a folder to which only the user can write: what is in it is executed."""

    def __init__(self, folder):
        self._folder = folder

    def entry(self, name, file, kind):
        """Return the name of the entry for one module in this interpreter, and what describes the interpreter.

        file: of the module, or whatever else the entry is the only one for.
        """
        interpreter = [file, sys.version, sys.flags.optimize]
        return "%s.%s.%s" % (
            name,
            hash_of(repr(interpreter).encode("utf-8", "surrogateescape")).hex(),
            kind,
        ), interpreter

    def is_usable(self):
        """Return whether the folder exists and only the user can write to it."""
        folder = self._open()
        if folder is not None:
            os.close(folder)
        return folder is not None

    def read(self, entry, stamp):
        """Return the code and the failures of an entry, or None. stamp: what the entry must have been made from."""
        folder = self._open()
        if folder is None:
            return None
        try:
            descriptor = os.open(entry, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        except OSError:
            return None
        finally:
            os.close(folder)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or not _is_ours_alone(status):
                return None
            try:
                stored, code, failures = marshal.load(file)
            except (OSError, EOFError, ValueError, TypeError):
                return None
        return (code, failures) if stored == stamp else None

    def write(self, entry, stamp, code, failures):
        """Make an entry. A disk that is full only costs the next process the time to compile."""
        folder = self._open()
        if folder is None:
            return
        partial = "%s.%d" % (entry, os.getpid())
        try:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder)
            with open(descriptor, "wb") as file:
                marshal.dump((stamp, code, failures), file)
            os.rename(partial, entry, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError:
            pass
        finally:
            os.close(folder)

    def _open(self):
        """Open the folder, or return None if others could write there.

        Entries are reached through this descriptor alone, so that the folder cannot be replaced in the meantime.
        """
        if not self._folder:
            return None
        try:
            folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return None
        if _is_ours_alone(os.fstat(folder)):
            return folder
        os.close(folder)
        return None


def _is_ours_alone(status):
    return status.st_uid == os.geteuid() and not status.st_mode & _WRITABLE_BY_OTHERS


def hash_of(data):
    return _imp.source_hash(0, data)
