"""Loads the probe's modules so that tools which trace, measure or watch files do not take them for the program's.

Their code has names such as `<frozen _rockproc_probe.cells>`, which coverage, debuggers and `trace` leave out as parts
of Python, and the modules have no `__file__`. Python's own finders never see their folder.
"""

import _imp
import os

# What `importlib` consists of, without all that it imports.
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import SourceFileLoader


class Loader:
    """Finds and loads the modules of one package below a folder; `ModuleSpec.origin` names their files."""

    def __init__(self, package, folder):
        self.package = package
        self.folder = folder

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
        exec(code_of(module.__name__, module.__spec__.origin), module.__dict__)  # pyright: ignore[reportArgumentType]


def code_of(name, file):
    code = SourceFileLoader(name, file).get_code(name)
    _imp._fix_co_filename(code, "<frozen %s>" % name)  # pyright: ignore[reportAttributeAccessIssue]
    return code
