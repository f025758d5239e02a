"""The command palette, which has every action of the table."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

from textual.command import CommandPalette, DiscoveryHit, Hit, Provider, SearchIcon

from .actions.table import Action, in_scope
from .services import services_of


class Actions(Provider):
    """The actions of the screen over which the palette was opened."""

    def _offered(self) -> Iterator[tuple[Action, str]]:
        scopes: tuple[str, ...] = getattr(self.screen, "SCOPES", ())
        target: str = getattr(self.screen, "target", "")
        for action in in_scope(*scopes, "everywhere"):
            if action.palette:
                yield action, f"{action.help}  ▸ {target}" if action.scope == "processes" and target else action.help

    async def discover(self) -> AsyncIterator[DiscoveryHit]:
        for action, title in self._offered():
            yield DiscoveryHit(_escaped(title), self._command(action), text=title, help=self._hint(action))

    async def search(self, query: str) -> AsyncIterator[Hit]:
        matcher = self.matcher(query)
        for action, title in self._offered():
            score = max(matcher.match(title), matcher.match(action.label))
            if score > 0:
                yield Hit(score, matcher.highlight(title), self._command(action), text=title, help=self._hint(action))

    def _command(self, action: Action) -> Callable[[], Any]:
        """The palette offers actions also where their keys do not work: it names their target."""
        if action.scope == "everywhere":
            return getattr(self.app, f"action_{action.id}")
        perform = getattr(self.screen, "action_perform", None)
        return partial(perform, action.id) if perform is not None else getattr(self.screen, f"action_{action.id}")

    def _hint(self, action: Action) -> str:
        shown = services_of(self.screen).keys_shown[action.id]
        return f"{shown}   {_escaped(action.python)}" if action.python else shown


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")


class Palette(CommandPalette):
    """Textual's palette with an icon that every font has."""

    def on_mount(self) -> None:
        self.query_one(SearchIcon).icon = "/"
