"""The menu of all signals, which names the process that gets the chosen one."""

from __future__ import annotations

import signal
from typing import ClassVar

from rockproc.observer.kernel.signals import SIGNALS
from rockproc.widgets.bases.rows import ListRows, Row, Rows, column
from rockproc.widgets.formatting.sanitize import sanitize, shorten
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from .dialog import Dialog


class SignalMenu(Dialog[int | None]):
    """A dialog that returns the number of the chosen signal, or None."""

    HELP = "Select a signal; `enter` sends it to the process in the title."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", "send", tooltip="Send the selected signal"),
        Binding("escape,q,x", "close", "close", tooltip="Send nothing"),
    ]

    def __init__(self, target: str, note: str = "") -> None:
        super().__init__(classes="-dialog")
        self._target, self._note = target, note

    def compose(self) -> ComposeResult:
        with Vertical(id="box", classes="-wide") as box:
            box.border_title = f"Send to {shorten(sanitize(self._target), 60)}".replace("[", r"\[")
            box.border_subtitle = "enter send · esc send nothing"
            yield ListRows(id="signals")
            yield Static(id="meaning", classes="note", markup=False)

    def on_mount(self) -> None:
        rows = self.query_one("#signals", ListRows)
        rows.set_rows(
            [
                Row(
                    entry.number,
                    (
                        column(entry.name, 12, "name"),
                        column(str(entry.number), 3, "dim", ">"),
                        ("  ", ""),
                        (entry.meaning, ""),
                    ),
                )
                for entry in SIGNALS
            ]
        )
        rows.select(int(signal.SIGTERM))
        self.set_focus(rows)
        self.explain()

    @on(Rows.Moved)
    def explain(self) -> None:
        """Show the meaning of the selected signal in full: its row may be cut."""
        selected = self.query_one("#signals", ListRows).selected
        meaning = next((entry.meaning for entry in SIGNALS if selected and entry.number == selected.key), "")
        self.query_one("#meaning", Static).update(f"{meaning[:1].upper()}{meaning[1:]}.\n{self._note}".rstrip())

    @on(Rows.Opened)
    def action_send(self) -> None:
        selected = self.query_one("#signals", ListRows).selected
        self.dismiss(selected.key if selected and isinstance(selected.key, int) else None)

    def action_close(self) -> None:
        self.dismiss(None)
