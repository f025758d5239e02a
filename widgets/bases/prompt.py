"""A list with a line at its bottom into which something is typed: what to search for, what to keep."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip

from ..formatting.cells import Cells
from ..formatting.sanitize import sanitize
from .rows import Rows, length

LONGEST = 200
_SWALLOWED = ("left", "right", "delete", "ctrl+a", "ctrl+e")


class Prompted(Rows):
    """The keys come from the app (`typed`) in the order in which they were pressed, not from a field with a focus."""

    searchable = False
    """Whether something can be typed here."""
    prompt = ""
    """What was typed."""
    prompting = False
    """Whether the line is shown."""
    typing = False
    """Whether keys go to it."""

    @property
    def foot(self) -> int:
        return int(self.prompting)

    def open_prompt(self) -> None:
        """Lets the next keys be typed, from an empty line."""
        self.prompting, self.typing = True, True
        self._set_prompt("")
        self.extend_view()
        self.reveal(self.cursor)
        self.refresh()
        self.refresh_bindings()

    def close_prompt(self) -> bool:
        """Clears the line and takes it away; False when there is none."""
        if not self.prompting:
            return False
        self.prompting = self.typing = False
        self._set_prompt("")
        self.extend_view()
        self.refresh()
        self.refresh_bindings()
        return True

    def typed(self, key: str, character: str | None) -> bool:
        """Takes a key; False when it was not meant for the line."""
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
        """Keeps what was typed; an empty line goes away."""
        self.typing = False
        if not self.prompt:
            self.close_prompt()
        self.refresh_foot()
        self.refresh_bindings()

    def _set_prompt(self, text: str) -> None:
        self.prompt = text[:LONGEST]
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

    # What a subclass has to say.

    def prompted(self) -> None:
        """Called when the line has another text."""

    def prompt_note(self) -> str:
        """Said at the right of the line."""
        return ""

    # Drawing.

    def refresh_foot(self) -> None:
        if self.prompting:
            self.refresh_line(self.scroll_offset.y + self.list_height)

    def render_line(self, y: int) -> Strip:
        if self.prompting and y == self.list_height:
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
