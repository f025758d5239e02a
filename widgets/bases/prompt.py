"""A list with an input line at its bottom, for a search or a filter."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip

from ..formatting.cells import Cells
from ..formatting.sanitize import sanitize
from .rows import Rows, length

MAX_PROMPT_CHARACTERS = 200
_SWALLOWED = ("left", "right", "delete", "ctrl+a", "ctrl+e")


class Prompted(Rows):
    """A list with an input line. The app passes keys to `typed` in the order in which they were pressed."""

    searchable = False
    """True if the list has an input line."""
    prompt = ""
    """The text of the input line."""
    prompting = False
    """True while the input line is visible."""
    typing = False
    """True while keys go to the input line."""

    @property
    def foot(self) -> int:
        return int(self.prompting)

    def open_prompt(self) -> None:
        """Show an empty input line and send the next keys to it."""
        self.prompting, self.typing = True, True
        self._set_prompt("")
        self.extend_view()
        self.reveal(self.cursor)
        self.refresh()
        self.refresh_bindings()

    def close_prompt(self) -> bool:
        """Clear and hide the input line; return False if it was not visible."""
        if not self.prompting:
            return False
        self.prompting = self.typing = False
        self._set_prompt("")
        self.extend_view()
        self.refresh()
        self.refresh_bindings()
        return True

    def typed(self, key: str, character: str | None) -> bool:
        """Handle a key; return False if the key is not for the input line."""
        if not self.typing:
            return False
        if key == "escape" or (key == "backspace" and not self.prompt):
            self.close_prompt()
        elif key == "enter":
            self.accept()
        elif key == "backspace":
            self._set_prompt(self.prompt[:-1])
        elif key == "ctrl+u":
            self._set_prompt("")
        elif key == "ctrl+w":
            self._set_prompt(self.prompt.rstrip().rpartition(" ")[0])
        elif character and character.isprintable():
            self._set_prompt(self.prompt + character)
        else:
            return key in _SWALLOWED
        return True

    def accept(self) -> None:
        """Keep the text; an empty input line is hidden."""
        self.typing = False
        if not self.prompt:
            self.close_prompt()
        self.refresh_foot()
        self.refresh_bindings()

    def _set_prompt(self, text: str) -> None:
        self.prompt = text[:MAX_PROMPT_CHARACTERS]
        self.prompted()
        self.refresh_foot()

    def on_paste(self, event: events.Paste) -> None:
        if self.typing:
            event.stop()
            self._set_prompt(self.prompt + "".join(event.text.splitlines()[:1]))

    def on_blur(self) -> None:
        super().on_blur()
        if self.typing:
            self.accept()

    # The interface for subclasses

    def prompted(self) -> None:
        """Called when the text has changed."""

    def prompt_note(self) -> str:
        """Return the text at the right end of the input line."""
        return ""

    # Drawing.

    def refresh_foot(self) -> None:
        if self.prompting:
            self.refresh_line(self.scroll_offset.y + self.list_height)

    def render_line(self, y: int) -> Strip:
        if self.prompting and y == self.head + self.list_height:
            return self._foot_line()
        return super().render_line(y)

    def _foot_line(self) -> Strip:
        columns, roles = self.columns, self._roles()
        base = self.rich_style + roles["cursor-blurred"]
        note = f" {self.prompt_note()}"
        right: Cells = ((note, "dim"),)
        room = max(columns - length(right) - 2, 4)
        shown = sanitize(self.prompt)
        while length(((shown, ""),)) > room:
            shown = shown[1:]
        segments = [Segment("/", base + roles["key"]), Segment(shown, base)]
        if self.typing:
            segments.append(Segment(" ", base + Style(reverse=True)))
        left = Strip(segments).adjust_cell_length(columns - length(right), base)
        return Strip([*left, Segment(note, base + roles["dim"])]).adjust_cell_length(columns, base)
