"""The steps of the scenario, ticked off when they are seen to happen."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from rockproc.observer.scenarios.catalog import Step
from textual import events
from textual.message import Message
from textual.timer import Timer

from ..bases.list_panel import ListPanel
from ..bases.rows import Row
from ..bases.view import View
from ..formatting.sanitize import fit, sanitize, wrap

_SHOWN_SECONDS = 4.0
"""The number of seconds for which a strip shows that a step was seen."""


class Steps(ListPanel):
    HELP = "Steps to try. Each is ticked off automatically when its result has been observed."
    BINDING_GROUP_TITLE = "Steps"
    EMPTY = "This program has no steps. A scenario declares them in its inline metadata: [[tool.rockproc.try]]."
    NAME = "steps"
    TITLE = "Try"
    DRAWER = True

    def __init__(self, *, id: str | None = None, classes: str | None = None, strip: bool = False) -> None:
        """Create the list. A `strip` shows only its first lines and cannot have the focus."""
        super().__init__(id=id, classes=classes)
        self.can_focus = self.marks_cursor = not strip
        self.one_line = False
        """True if each step may take one line only."""
        self._steps: Sequence[Step] = ()
        self._done: set[int] = set()
        self._just: int | None = None
        """The index of a step that was seen a moment ago."""
        self._shown: Timer | None = None

    @dataclass
    class Chosen(Message):
        """The strip was clicked."""

    def on_click(self, event: events.Click) -> None:
        if not self.can_focus:
            event.stop()
            event.prevent_default()
            self.post_message(self.Chosen())

    def has_content(self, view: View) -> bool:  # noqa: ARG002
        return bool(self._steps)

    def preferred_rows(self, view: View, columns: int) -> int:  # noqa: ARG002
        return len(self._formatted(columns))

    def offer(self, steps: Sequence[Step], done: set[int]) -> None:
        """Show the steps. `done` is kept and read again at every view."""
        self._steps, self._done, self._just = steps, done, None

    def seen(self, index: int) -> None:
        """Show for a while that a step was seen."""
        self._just = index
        if self._shown is not None:
            self._shown.stop()
        self._shown = self.set_timer(_SHOWN_SECONDS, self._go_on)
        self.show(self.view)

    def _go_on(self) -> None:
        self._just = None
        self.show(self.view)

    @property
    def lines(self) -> int:
        """The number of lines that all steps take."""
        return len(self.rows(self.view))

    def rows(self, view: View) -> list[Row]:  # noqa: ARG002
        done = sum(index in self._done for index in range(len(self._steps)))
        self.headline(f"{self.TITLE}  {done} of {len(self._steps)} seen" if self._steps else self.TITLE)
        return self._formatted(self.columns)

    def _formatted(self, columns: int) -> list[Row]:
        rows: list[Row] = []
        # Steps that are still to do come first, so that a low panel shows the next one.
        order = sorted(range(len(self._steps)), key=lambda index: (index != self._just, index in self._done, index))
        strip = not self.can_focus
        if strip and order and order[0] in self._done and self._just is None:
            text = f"All {len(order)} steps were seen." if len(order) > 1 else "The step was seen."
            return [Row("all", (("✓ ", "good"), (text, "dim")))]
        for index in order[:1] if strip else order:
            ticked, just = index in self._done, index == self._just
            head = ("✓ " if ticked else "☐ ", "good" if ticked else "accent")
            if strip:
                head = (f"Step {index + 1} of {len(order)} {head[0]}", head[1])
            text, room = sanitize(self._steps[index].do), max(columns - len(head[0]), 10)
            text = f"Seen: {text}" if just else text
            for number, line in enumerate([fit(text, room)] if self.one_line else wrap(text, room)):
                role = "good" if just else "dim" if ticked else ""
                first = head if number == 0 else (" " * len(head[0]), "")
                rows.append(Row((index, number), (first, (line, role)), number == 0))
        return rows

    def _keep_cursor(self, key: Hashable) -> None:
        if self.has_focus:
            super()._keep_cursor(key)
        elif self.can_focus:  # the next step is on top, whatever was there before
            self.cursor = 0
