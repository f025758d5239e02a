"""The list of keys, which can be searched and run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from rockproc.widgets.bases.rows import ListRows, Row, Rows, column
from rockproc.widgets.bases.text_field import TextField
from rockproc.widgets.formatting.sanitize import wrap
from textual import on
from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Vertical
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import Input, Static

from ..actions.table import GROUPS, in_scope
from .typing_dialog import TypingDialog

MOVING = ", movement"
ELSEWHERE = "Not available now"


class Help(TypingDialog[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "close", tooltip="Close the help", priority=True),
        Binding("enter", "perform", "run", tooltip="Run the selected action", priority=True),
        Binding("up", "move(-1)", "up", show=False, priority=True),
        Binding("down", "move(1)", "down", show=False, priority=True),
        Binding("pageup", "move(-10)", "page up", show=False, priority=True),
        Binding("pagedown", "move(10)", "page down", show=False, priority=True),
    ]

    def __init__(self, over: Screen[Any]) -> None:
        super().__init__(classes="-dialog")
        focused = over.focused
        self._title = str(getattr(focused, "BINDING_GROUP_TITLE", None) or getattr(over, "BINDING_GROUP_TITLE", "Keys"))
        self._text = str(getattr(focused, "HELP", None) or getattr(over, "HELP", None) or "")
        app: App[Any] = over.app  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        self._entries = [*_entries(over.active_bindings, focused, app), *_elsewhere(over, app)]

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = f"Keys · {self._title}"
            box.border_subtitle = "type to search · enter run · esc close"
            yield Static(self._text, markup=False, classes="note")
            yield TextField(placeholder="search", id="search")
            yield ListRows(id="keys")

    def on_mount(self) -> None:
        super().on_mount()
        self.fill()

    @on(Input.Changed)
    def fill(self) -> None:
        """List the entries that match what was typed."""
        words = self.query_one(Input).value.lower().split()
        keys = self.query_one("#keys", ListRows)
        columns = keys.columns or 60
        rows: list[Row] = []
        group = ""
        for index, (heading, shown, label, text, _, _) in enumerate(self._entries):
            if not all(word in f"{shown} {label} {text}".lower() for word in words):
                continue
            if heading != group:
                group = heading
                rows.append(Row((heading, index), ((heading, "heading"),), False))
            first, *more = wrap(text or label, max(columns - 18, 20))
            now = heading != ELSEWHERE
            role = "" if now else "dim"
            rows.append(Row(index, (column(shown, 14, "key" if now else "dim", ">"), ("  ", ""), (first, role))))
            rows += [Row((index, line), ((" " * 16 + line, role),), False) for line in more]
        keys.set_rows(rows)
        keys.action_first()

    def on_resize(self) -> None:
        self.call_after_refresh(self.fill)

    def action_move(self, steps: int) -> None:
        self.query_one("#keys", ListRows).move(steps)

    @on(Rows.Opened)
    async def action_perform(self) -> None:
        selected = self.query_one("#keys", ListRows).selected
        app: App[Any] = self.app  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        if selected is None or not isinstance(selected.key, int):
            self.dismiss()
            return
        heading, _, _, text, action, node = self._entries[selected.key]
        if heading == ELSEWHERE:
            self.notify(text, title="Not here", severity="warning", markup=False)
            return
        self.dismiss()
        app.call_later(app.run_action, action, node)

    def action_close(self) -> None:
        self.dismiss()


def _entries(
    active: dict[str, ActiveBinding], focused: DOMNode | None, app: App[Any]
) -> list[tuple[str, str, str, str, str, DOMNode]]:
    """Return heading, keys, label, text, action and node of each action, those of the focused panel first."""
    found: dict[tuple[str, int], list[str]] = {}
    first: dict[tuple[str, int], ActiveBinding] = {}
    for key, entry in active.items():
        binding = entry.binding
        if (
            binding.system
            or not entry.enabled
            or key.startswith("super")
            or not (binding.tooltip or binding.description)
        ):
            continue
        place = (binding.action, id(entry.node))
        # An action that the key bar shows with two keys is two lines here.
        named = binding.key_display if binding.show and " " not in (binding.key_display or "") else None
        shown = app.get_key_display(Binding(key, "", key_display=named))
        found.setdefault(place, [])
        if shown not in found[place]:
            found[place].append(shown)
        first.setdefault(place, entry)
    entries: list[tuple[str, str, str, str, str, DOMNode]] = []
    for place, entry in first.items():
        group = entry.binding.group.description if entry.binding.group else ""
        own = entry.node is focused
        title = str(getattr(entry.node, "BINDING_GROUP_TITLE", None) or "Everywhere")
        entries.append(
            (
                group or (f"{title}{MOVING}" if own and not entry.binding.show else title),
                " ".join(found[place]),
                entry.binding.description,
                entry.binding.tooltip or entry.binding.description,
                entry.binding.action,
                entry.node,
            )
        )
    return sorted(entries, key=lambda entry: _rank(entry[0], entry[-1], focused))


def _elsewhere(over: Screen[Any], app: App[Any]) -> list[tuple[str, str, str, str, str, DOMNode]]:
    """Return the actions of the screen that cannot be done now, each with the reason."""
    unavailable: Callable[[str], str] | None = getattr(over, "unavailable", None)
    if unavailable is None:
        return []
    changed: dict[str, str] = getattr(app, "keys", {})
    entries: list[tuple[str, str, str, str, str, DOMNode]] = []
    for action in in_scope(*getattr(over, "SCOPES", ())):
        reason = unavailable(action.id)
        if reason:
            keys = Binding.make_bindings([Binding(changed.get(action.id, action.keys), "")])
            shown = " ".join(app.get_key_display(key) for key in keys)
            entries.append((ELSEWHERE, shown, action.label, f"{action.help} ▸ {reason}", action.id, over))
    return entries


def _rank(heading: str, node: DOMNode, focused: DOMNode | None) -> int:
    """Return the place of a heading: the focused panel's actions first, movement in it last."""
    if heading.endswith(MOVING):
        return 4
    if any(heading == group.description for group in GROUPS.values()):
        return 0
    if node is focused:
        return 1
    return 2 if isinstance(node, Screen) else 3
