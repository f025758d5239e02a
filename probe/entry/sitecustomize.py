"""Loads the probe at the start of Python, which imports this module by its name.

The observer has put this folder on the PYTHONPATH of this one process. The module removes itself again, so that the
program finds `sys.path`, its environment and its own `sitecustomize` as they would be without it, and loads the probe
from beside this folder under a name of its own.
"""

import os
import sys

_entry = os.path.dirname(__file__)


def _restore():
    """Remove this folder, and return the session that the environment names, or None."""
    while _entry in sys.path:
        sys.path.remove(_entry)
    sys.path_importer_cache.pop(_entry, None)
    if "ROCKPROC_SESSION" not in os.environ:
        # A subinterpreter starts with the PYTHONPATH that the process had; the environment has been restored already.
        return None
    kept = os.environ.pop("ROCKPROC_PYTHONPATH", None)
    if kept is None:
        os.environ.pop("PYTHONPATH", None)
    else:
        os.environ["PYTHONPATH"] = kept
    return os.environ.pop("ROCKPROC_SESSION")


def _load(session):
    import _imp
    from _frozen_importlib_external import SourceFileLoader

    package = "_rockproc_probe"
    folder = os.path.dirname(_entry)
    # As the loader does it for the others.
    name, file = package + ".loading", os.path.join(folder, "loading.py")
    code = SourceFileLoader(name, file).get_code(name)
    _imp._fix_co_filename(code, "<frozen %s>" % name)  # pyright: ignore[reportAttributeAccessIssue]
    namespace = {"__name__": name}
    exec(code, namespace)  # pyright: ignore[reportArgumentType]
    loader = namespace["Loader"](package, folder, session.split("\n")[1])  # pyright: ignore[reportCallIssue]
    # With lazy imports (PEP 810, 3.15), parts of the probe would be loaded later, during the program's work.
    lazy = sys.get_lazy_imports() if hasattr(sys, "get_lazy_imports") else "normal"  # pyright: ignore[reportAttributeAccessIssue]
    if lazy != "normal":
        sys.set_lazy_imports("normal")  # pyright: ignore[reportAttributeAccessIssue]
    futures = "__future__" in sys.modules
    sys.meta_path.insert(0, loader)
    try:
        from _rockproc_probe import boot  # pyright: ignore[reportMissingImports]
    finally:
        if not futures:
            sys.modules.pop("__future__", None)
        sys.meta_path.remove(loader)
        if lazy != "normal":
            sys.set_lazy_imports(lazy)  # pyright: ignore[reportAttributeAccessIssue]
    boot.begin(session, _entry)


_session = _restore()
if _session and sys.version_info >= (3, 8):
    try:
        _load(_session)
    except Exception as _error:
        try:
            with open(os.path.join(_session.partition("\n")[0], "%d.fault" % os.getpid()), "w") as _file:
                _file.write("%s: %s" % (type(_error).__name__, _error))
        except OSError:
            pass

# Import the program's own module of that name. If it has none, Python handles the error as usual.
del sys.modules[__name__]
__import__("sitecustomize")  # not an import statement, which could be lazy
