"""The keys that work now, the most important first, as far as there is room. A click on a key presses it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from textual import events
from textual.app import App
from textual.binding import ActiveBinding, Binding
from textual.dom import DOMNode
from textual.screen import Screen

from ..bases.bar import Bar
from ..bases.prompt import Prompted
from ..bases.rows import Rows, length

_WIDE_COLUMNS = 120
"""The smallest width at which the arrows that select something precede the keys that act on it."""


class _Entry(NamedTuple):
    """A key and its action."""

    key: str
    label: str
    action: str
    node: DOMNode


class _Place(NamedTuple):
    """The columns of a key in the bar, the last one excluded."""

    begin: int
    end: int
    entry: _Entry


class KeyBar(Bar):
    LAST = ("help",)
    """The actions that always have a place at the right."""

    DEFAULT_CSS = """
    KeyBar { dock: bottom; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._places: list[_Place] = []
        self._reads_soon = False
        """True while the bindings have changed and were not read again: one reading is enough for many keys."""

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._changed)  # pyright: ignore[reportUnknownMemberType]
        self.call_after_refresh(self.update)

    def on_resize(self) -> None:
        self.update()

    def _changed(self, _screen: Screen[Any]) -> None:
        if self.is_attached and not self._reads_soon:
            self._reads_soon = True
            self.call_after_refresh(self._read_again)

    def _read_again(self) -> None:
        self._reads_soon = False
        self.update()

    def update(self) -> None:
        """Read the screen's active bindings again."""
        columns = self.size.width
        if not columns or not self.screen.is_current:
            return
        self._places = []
        focused = self.screen.focused
        if isinstance(focused, Prompted) and focused.typing:
            self.set_cells((*_pair("enter", "keep it"), *_pair("esc", "clear it"), *_pair("ctrl+u", "empty the line")))
            return
        first, last, panel_place = self._entries()
        if isinstance(focused, Rows) and focused.arrows:
            leads = focused.arrows == "scroll" or columns >= _WIDE_COLUMNS
            first.insert(0 if leads else panel_place, _Entry("↑↓", focused.arrows, "cursor_down", focused))
        self._lay_out(first, last, columns)

    def _entries(self) -> tuple[list[_Entry], list[_Entry], int]:
        """Return the keys for the left and the right end of the bar, and the place of the first one of the panel."""
        app: App[Any] = self.app  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        first: list[_Entry] = []
        last: list[_Entry] = []
        done: set[str] = set(getattr(self.screen, "unnamed", ()))
        kept = {*self.LAST, *getattr(self.screen, "kept_in_view", ())}
        names: Mapping[str, str] = getattr(self.screen, "names", {})
        panel_keys: list[int] = []
        for active_binding, is_of_panel in self._active_bindings():
            node, binding, enabled, _tooltip = active_binding
            action_id = binding.id or binding.action
            if not (binding.show and enabled) or action_id in done:
                continue
            done.add(action_id)
            label = names.get(action_id, binding.description)
            entry = _Entry(app.get_key_display(binding), label, binding.action, node)
            if is_of_panel and action_id not in kept:
                panel_keys.append(len(first))
            (last if action_id in kept else first).append(entry)
        return first, last, next(iter(panel_keys), len(first))

    def _active_bindings(self) -> list[tuple[ActiveBinding, bool]]:
        """Return the bindings in the order of the screen's table, each with whether it is one of the focused panel."""
        # A key that the user has changed stands at the end of these, and shall keep its place here.
        order = {
            binding.id: place for place, binding in enumerate(self.screen.BINDINGS) if isinstance(binding, Binding)
        }
        panel_place = order.get(getattr(self.screen, "PANEL_KEYS_BEFORE", ""), 0) - 0.5

        def place(entry: ActiveBinding) -> float:
            if isinstance(entry.node, App):
                return len(order)
            return order.get(entry.binding.id, -1) if entry.node is self.screen else panel_place

        active = sorted(self.screen.active_bindings.values(), key=place)
        return [(entry, place(entry) == panel_place) for entry in active]

    def _lay_out(self, first: list[_Entry], last: list[_Entry], columns: int) -> None:
        right = tuple(cell for entry in last for cell in _pair(entry.key, entry.label))
        room = columns - length(right)
        left: list[tuple[str, str]] = []
        self._places = []
        used = 0
        for entry in first:
            cells = _pair(entry.key, entry.label)
            width = length(cells)
            if used + width > room:
                break
            left += cells
            self._places.append(_Place(used, used + width, entry))
            used += width
        position = room
        for entry in last:
            width = length(_pair(entry.key, entry.label))
            self._places.append(_Place(position, position + width, entry))
            position += width
        self.set_cells(tuple(left), right)

    async def on_click(self, event: events.Click) -> None:
        for place in self._places:
            if place.begin <= event.x < place.end:
                app: App[Any] = self.app  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
                await app.run_action(place.entry.action, place.entry.node)
                return


def _pair(key: str, label: str) -> tuple[tuple[str, str], ...]:
    return ((f" {key}", "key"), (f" {label} ", ""))
