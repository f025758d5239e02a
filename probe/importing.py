"""Weaves a standard module at the moment when the program imports it, and leaves no other trace of that."""

import os
import sys

from . import copies, journal, sites, taps, woven_code

_PACKAGE = __name__.partition(".")[0]


class _ModuleNamespace:
    """Stands in `sys.modules` for a module of the probe, and has the same variables."""


def protect_modules():
    """Keep Python from emptying the probe's modules when it exits, since finalizers of the program run after that.

    It empties what is a module and has a name in `sys.modules`.
    """
    for name, module in list(sys.modules.items()):
        if type(module) is type(sys) and name.partition(".")[0] == _PACKAGE:
            namespace = sys.modules[name] = _ModuleNamespace()  # pyright: ignore[reportArgumentType]
            namespace.__dict__ = module.__dict__


def without_lazy_imports(function, *arguments):
    """Call a function that imports modules of the probe, with lazy imports switched off (PEP 810, 3.15).

    Otherwise they would be loaded later, during the program's work.
    """
    lazy = sys.get_lazy_imports() if hasattr(sys, "get_lazy_imports") else "normal"  # pyright: ignore[reportAttributeAccessIssue]
    if lazy == "normal":
        return function(*arguments)
    sys.set_lazy_imports("normal")  # pyright: ignore[reportAttributeAccessIssue]
    try:
        return function(*arguments)
    finally:
        sys.set_lazy_imports(lazy)  # pyright: ignore[reportAttributeAccessIssue]


class WeavingLoader:
    """Executes woven code in place of the standard loader's; afterwards the module names the standard loader."""

    def __init__(self, standard, tap, filename):
        self.standard = standard
        self.tap = tap
        self.filename = filename

    def create_module(self, _spec):
        return None

    def exec_module(self, module):
        name = module.__name__
        module.__spec__.loader = module.__loader__ = self.standard
        try:
            code, failures = without_lazy_imports(woven_code.woven_code, name, self.standard, self.filename, self.tap)
        except Exception as error:
            failed(name, error)
            self.standard.exec_module(module)
            return
        finally:
            protect_modules()
        for function, reason in failures:
            journal.tap_failed("%s.%s" % (name, function), reason)
        provide(self.tap)
        exec(code, module.__dict__)
        loaded = getattr(self.tap, "loaded", None)
        if loaded is not None:
            try:
                loaded(module)
            except Exception as error:
                failed(name, error)


def provide(tap):
    """Give a tap's module the names that woven code expects there."""
    tap.is_from_program, tap.remove_probe_frames = journal.is_from_program, journal.remove_probe_frames
    tap.NESTED, tap.NESTED_COPY = journal.NESTED, journal.NESTED_COPY


def failed(name, error):
    """Count an error that leaves a whole module without its taps."""
    journal.count_fault()
    journal.tap_failed(name, type(error).__name__)


def _above(path, steps):
    for _ in range(steps):
        path = os.path.dirname(path)
    return path


class Finder:
    """Stands first on `sys.meta_path`. It also finds the probe's own modules."""

    def __init__(self, taps):
        self.taps = taps
        self.loader = sys.modules[_PACKAGE].__spec__.loader  # pyright: ignore[reportOptionalMemberAccess]

    def find_spec(self, name, path=None, target=None):
        tap = self.taps.get(name) or self._of_copy(name)
        if tap is None:
            return self.loader.find_spec(name)  # pyright: ignore[reportAttributeAccessIssue, reportOptionalMemberAccess]
        for finder in sys.meta_path:
            if finder is self:
                continue
            find_spec = getattr(finder, "find_spec", None)
            spec = find_spec(name, path, target) if find_spec else None
            if spec is not None:
                break
        else:
            return None
        root = copies.root_of(name)
        if root and spec.origin:
            sites.add_machinery(_above(spec.origin, name.count(".") - root.count(".")))
        if hasattr(spec.loader, "get_source") and spec.has_location:
            try:
                spec.loader = WeavingLoader(spec.loader, without_lazy_imports(tap), spec.origin)
                return spec
            except Exception as error:
                failed(name, error)
        else:
            journal.tap_failed(name, "no source")
        protect_modules()
        return spec

    def _of_copy(self, name):
        """Return what loads the tap of a copy's module, or None; note a copy or a module that no tap fits."""
        try:
            unknown = copies.unknown_copy(name)
            if unknown:
                journal.tap_failed(unknown, "its own copy of multiprocessing")
            return without_lazy_imports(taps.of_copy, name) if name.startswith(copies.PREFIXES) else None
        except LookupError as error:
            journal.tap_failed(name, str(error))
        except Exception as error:
            failed(name, error)
        return None
