"""The base of every panel of the Lab: its properties, its border and the view that it shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from rockproc.observer.model import Process, Site
from rockproc.observer.recording import jumps
from rockproc.observer.recording.jumps import Wanted

from ..formatting.cells import Cells
from ..formatting.sanitize import sanitize, wrap
from .prompt import Prompted
from .view import EMPTY_VIEW, View

_LABEL_CELLS, _MIN_VALUE_CELLS = 10, 10
"""The cells of the label of a fact, and the fewest into which its value is broken."""


class Panel(Prompted):
    """A panel declares here everything that the Lab needs to know about it: a new one is a file and a list entry."""

    DEFAULT_CSS = """
    Panel { border-top: round $primary 40%; border-title-color: $text-muted; padding: 0 1; }
    Panel:focus { border-top: round $primary; border-title-color: $text-primary; border-title-style: bold; }
    """

    NAME: ClassVar[str] = ""
    """The name by which the style sheet identifies the panel; a drawer's action has the same name."""
    TITLE: ClassVar[str] = ""
    NUMBER: ClassVar[int] = 0
    """The digit key that shows the panel; 0 for none."""
    DRAWER: ClassVar[bool] = False
    """True for a drawer, which opens on demand. Every other panel has a place of its own."""
    NOTHING: ClassVar[str] = ""
    """The words in the status line while the panel has no content: `no messages`."""

    view: View = EMPTY_VIEW
    enlarged = False
    """True while the panel has the whole screen."""

    def on_mount(self) -> None:
        self.headline(self.title)

    def on_resize(self) -> None:
        """Textual calls this in addition to the method of the base class."""
        if self.enlarged:  # its details are as wide as it is
            self.post_message(self.Moved(self, self.selected))

    @property
    def title(self) -> str:
        return f"{self.NUMBER} {self.TITLE}" if self.NUMBER else self.TITLE

    def show(self, view: View) -> None:
        """Draw what has changed since the last view."""
        raise NotImplementedError

    def reset(self) -> None:
        """Forget the run that was shown."""
        self.view = EMPTY_VIEW
        self.close_prompt()

    def opened(self, process: Process | None) -> None:
        """Called when the panel opens over the others, with the selected process."""

    def has_content(self, view: View) -> bool:  # noqa: ARG002
        """Return False if the panel could only say that there is nothing to show."""
        return True

    def preferred_rows(self, view: View, columns: int) -> int:  # noqa: ARG002
        """Return how many rows show everything when a row has `columns` cells. The border is not included."""
        return 1

    def most_rows(self, view: View, columns: int) -> int:
        """Return how many rows the panel can fill, if that is more than it asks for."""
        return self.preferred_rows(view, columns)

    def jump_target(self) -> Wanted:
        """Return what the jump keys lead to while this panel has the focus."""
        return jumps.lifecycle_events()

    @property
    def arrows(self) -> str:
        if self.DRAWER:
            return "scroll" if self.max_scroll_y else ""
        return "select" if self.count() > 1 else ""

    @property
    def selected_object(self) -> int | None:
        """The key of the shared value, channel or lock on the selected row."""
        return None

    def detail(self) -> list[Cells]:
        """Return lines about the selected row, which are shown while the panel is enlarged."""
        return []


def fact(label: str, value: object) -> Cells:
    """Return one line of a detail: a label and a value."""
    return ((f"{label:<{_LABEL_CELLS}}", "dim"), (sanitize(str(value)), ""))


def wrapped_fact(cells: Cells, columns: int) -> Iterator[Cells]:
    """Yield the line of a detail in as many lines as it needs. A line that is broken loses the colours of its value."""
    text = "".join(part for part, _ in cells[1:])
    parts = wrap(text, max(columns - _LABEL_CELLS, _MIN_VALUE_CELLS))
    if len(parts) == 1:
        yield cells
        return
    for index, part in enumerate(parts):
        yield (cells[0] if index == 0 else (" " * _LABEL_CELLS, "dim")), (part, "")


def made_at(site: Site | None, library_site: Site | None) -> str:
    """Return the user's line that made an object, and after it the line of the library that it called to do so."""
    library = f", in a library at {library_site}" if library_site is not None and library_site != site else ""
    return f"{site or '?'}{library}"
