"""Keeps the modules of the observed program away from our own process.

PYTHONPATH, the working directory and the user's site-packages are there for the program: a `psutil.py` in one of them
must not replace modules of rockproc. The program gets them all, since its environment is not changed.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def isolate() -> None:
    """Take the folders of the program off `sys.path`, and forget what was imported from them. Keeps our own folder."""
    folders = {_absolute(path) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path}
    with suppress(OSError):  # it may have been removed
        folders.add(os.getcwd())  # noqa: PTH109 (it is on the path under `python -m`)
    site = sys.modules.get("site")
    if site is not None and getattr(site, "ENABLE_USER_SITE", False):
        folders.add(os.path.abspath(site.getusersitepackages()))  # noqa: PTH100
    folders = {folder for folder in folders if not _holds_us(folder)}
    sys.path[:] = [path for path in sys.path if _absolute(path) not in folders]
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and name != "__main__" and not name.startswith("rockproc") and _lies_in(file, folders):
            del sys.modules[name]


def _absolute(path: str) -> str:
    try:
        return os.path.abspath(path or ".")  # noqa: PTH100
    except OSError:  # the working directory has been removed
        return path


def _lies_in(file: str, folders: set[str]) -> bool:
    """Return whether a module's file is found through one of the folders, and not through a library below it."""
    folder = os.path.dirname(file)  # noqa: PTH120
    name = os.path.basename(file)  # noqa: PTH119
    return folder in folders or (name == "__init__.py" and os.path.dirname(folder) in folders)  # noqa: PTH120


def _holds_us(folder: str) -> bool:
    """Return whether we are installed there: `pip install --user` does that."""
    names = ("rockproc", "rockproc_tui.egg-link", "__editable___rockproc_tui_finder.py")
    try:
        found = os.listdir(folder)  # noqa: PTH208
    except OSError:
        return False
    return any(name in names or (name.startswith(("__editable__", "rockproc_tui-"))) for name in found)
