"""Provides the code of a standard module with the calls of our taps woven into its own source.

Woven code has the module's file name, lines and columns, so tracebacks through it stay the same to the letter and show
no frame of ours. It is cached across runs, since weaving takes much longer than loading.
"""

import _warnings
import os
import sys
from _frozen_importlib_external import cache_from_source

from . import journal
from .loading import CodeCache, hash_of, version_of
from .weave import TAP

_FOLDER = os.path.dirname(__spec__.origin)
_COMPILER_NEEDS = ("_ast", "ast", "contextlib", "copy")


def woven_code(name, loader, filename, tap):
    """Return the code of the module `name`, and a list of (function, reason) of the weaves that do not fit it."""
    cache = CodeCache(journal.cache)
    source = loader.get_data(filename)
    # Another installation of the probe may weave otherwise, and has entries of its own.
    variant = getattr(tap, "VARIANT", "woven")
    entry, interpreter = cache.entry(name, (_FOLDER, filename), variant)
    stamp = [*interpreter, hash_of(source), *_probe_version(tap)]
    found = cache.read(entry, stamp)
    if found is None:
        with _Warnings(filename):
            code, failures = _compile(source, filename, tap)
        cache.write(entry, stamp, code, failures)
    else:
        code, failures = found
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


def _probe_version(tap):
    """Describe the files of ours on which the result depends."""
    described = getattr(tap, "DESCRIBED_IN", ())
    files = [tap.__spec__.origin, *described, *(os.path.join(_FOLDER, name) for name in ("compiling.py", "weave.py"))]
    return list(map(version_of, files))


def _compile(*arguments):
    """Compile with modules of the standard library, and remove them from `sys.modules` afterwards.

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
