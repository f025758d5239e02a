"""What every panel of the Lab has in common."""

from __future__ import annotations

from typing import ClassVar

from ..formatting.cells import Cells
from ..formatting.sanitize import sanitize
from .prompt import Prompted
from .rows import ListRows, Row
from .view import EMPTY_VIEW, View


class Panel(Prompted, ListRows):
    """A panel whose rows are made anew from each view."""

    DEFAULT_CSS = """
    Panel { border: round $primary 40%; border-title-color: $text-muted; padding: 0 1; }
    Panel:focus { border: round $primary; border-title-color: $text-primary; border-title-style: bold; }
    """

    NUMBER: ClassVar[int] = 0
    TITLE = ""
    view: View = EMPTY_VIEW
    enlarged = False
    """Whether it has the screen to itself."""

    def on_mount(self) -> None:
        self.headline(self.title)

    @property
    def title(self) -> str:
        return f"{self.NUMBER} {self.TITLE}" if self.NUMBER else self.TITLE

    def show(self, view: View) -> None:
        """Draws what has changed since the view before."""
        self.view = view
        self.set_rows(self.rows(view))

    def reset(self) -> None:
        """Forgets the run that was shown."""
        self.view = EMPTY_VIEW
        self.close_prompt()
        self.set_rows([])

    def rows(self, view: View) -> list[Row]:
        raise NotImplementedError

    def resized(self) -> None:
        if self.view is not EMPTY_VIEW:
            self.set_rows(self.rows(self.view))

    def detail(self) -> list[Cells]:
        """Lines about the selected row, shown when the panel has the screen to itself."""
        return []


def fact(label: str, value: object) -> Cells:
    """A line of a detail: nothing when there is nothing to say."""
    return ((f"{label:<10}", "dim"), (sanitize(str(value)), ""))
