"""The panels of the Lab. Another one is a file in `widgets/panels/` and an entry here.

The classes are imported when a Lab opens: the Catalog shows before they are needed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import msgspec

from . import availability
from .availability import Usefulness

if TYPE_CHECKING:
    from rockproc.widgets.bases.panel import Panel


class PanelEntry(msgspec.Struct, frozen=True):
    module: str
    """The file in `widgets/panels/`."""
    class_name: str
    id: str
    """The id of the widget; for a drawer also that of the action that opens it."""
    keys: str
    label: str
    """The name in the key bar."""
    help: str
    display: str | None = None
    """The key as the key bar shows it."""
    shown: bool = False
    """True if the key bar names it."""
    useful: Usefulness | None = None
    title: str = ""
    """The name in the palette."""
    synonyms: str = ""

    def load(self) -> type[Panel]:
        return getattr(import_module(f"rockproc.widgets.panels.{self.module}"), self.class_name)


PANELS = (
    PanelEntry("processes", "Processes", "processes", "1", "processes", "Focus panel Processes"),
    PanelEntry("messages", "Messages", "messages", "3", "messages", "Focus panel Messages"),
    PanelEntry("timeline", "Timeline", "timeline", "2", "timeline", "Focus panel Timeline"),
    PanelEntry("shared_values", "SharedValues", "shared", "4", "shared", "Focus panel Shared"),
    PanelEntry("locks", "Locks", "locks", "5", "locks", "Focus panel Locks"),
    PanelEntry("output", "Output", "output", "6", "output", "Focus panel Output"),
)
"""The panels that share the screen, in the order in which they are laid out."""

DRAWERS = (
    PanelEntry(
        "findings",
        "Findings",
        "findings",
        "f,7",
        "findings",
        "Show the findings: what is wrong, and why",
        display="f",
        shown=True,
        title="Findings",
        synonyms="deadlock problems errors warnings wrong why",
    ),
    PanelEntry(
        "pools",
        "Pools",
        "pools",
        "P,8",
        "pools",
        "Show the tasks of pools and executors, and what each worker runs",
        display="P",
        shown=True,
        useful=availability.has_pools,
        title="Pools",
        synonyms="executor workers tasks map",
    ),
    PanelEntry(
        "source",
        "Source",
        "source",
        "v",
        "source",
        "Show the source, and the line at which each process waits or was last seen",
        shown=True,
        title="Source",
        synonyms="code file line",
    ),
    PanelEntry(
        "lesson",
        "Lesson",
        "lesson",
        "l",
        "lesson",
        "Show what the scenario is about",
        title="Lesson",
        synonyms="description docstring about learn",
    ),
    PanelEntry(
        "in_words",
        "InWords",
        "words",
        "E",
        "in words",
        "Explain the run in sentences: what each process does, and what each object is for it",
        title="In words",
        synonyms="explain describe sentences now",
    ),
    PanelEntry(
        "history",
        "History",
        "history",
        "B",
        "history",
        "Show what has happened so far, in order: starts, waits, signals, findings, ends",
        title="History",
        synonyms="events story log happened past",
    ),
    PanelEntry(
        "handle",
        "Handle",
        "handle",
        "h",
        "handle",
        "Show everything about the selected process: its handle, threads, waits and CPU time",
        title="Handle of the process",
        synonyms="details process pid exitcode daemon sentinel",
    ),
    PanelEntry(
        "stack",
        "Stack",
        "stack",
        "b",
        "stack",
        "Show the stack of every thread of the selected process; again to read it again",
        title="Stack",
        synonyms="backtrace traceback threads",
    ),
    PanelEntry(
        "steps",
        "Steps",
        "steps",
        "e",
        "try",
        "Show the steps to try with this scenario",
        title="Steps to try",
        synonyms="experiments exercise",
    ),
    PanelEntry(
        "legend",
        "Legend",
        "legend",
        "M",
        "legend",
        "Show what the glyphs of the lanes mean",
        title="Legend",
        synonyms="meaning glyphs symbols colours timeline lanes",
    ),
    PanelEntry(
        "command_log",
        "CommandLog",
        "commands",
        "at",
        "log",
        "Show your actions as the Python they equal",
        title="Command log",
        synonyms="history python",
    ),
)
"""The panels that open over the others."""
