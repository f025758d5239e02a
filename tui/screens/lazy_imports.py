"""Classes and functions that the first frame does not need, imported at their first use: `lazy_imports.Lab`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rockproc.observer.run.run import Run
    from rockproc.observer.run.running_programs import running_programs
    from rockproc.widgets.panels.scenario_page import ScenarioPage

    from ..dialogs.arguments import TypeArguments, split
    from ..dialogs.confirm import Confirm
    from ..dialogs.help import Help
    from ..dialogs.open_file import OpenFile
    from .lab import Lab

__all__ = [
    "Confirm",
    "Help",
    "Lab",
    "OpenFile",
    "Run",
    "ScenarioPage",
    "TypeArguments",
    "import_all",
    "running_programs",
    "split",
]

_MODULES = {
    "ScenarioPage": "rockproc.widgets.panels.scenario_page",
    "running_programs": "rockproc.observer.run.running_programs",
    "Lab": ".lab",
    "Run": "rockproc.observer.run.run",
    "Help": "..dialogs.help",
    "OpenFile": "..dialogs.open_file",
    "TypeArguments": "..dialogs.arguments",
    "split": "..dialogs.arguments",
    "Confirm": "..dialogs.confirm",
}
"""The modules of the classes, in the order in which they will be needed."""


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_MODULES[name], __package__), name)
    return found


def import_all() -> None:
    """Import all of them, so that the user waits for none later. Any thread may call it."""
    for name in _MODULES:
        __getattr__(name)
