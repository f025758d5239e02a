"""Every action of the registry in the command palette."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

from textual.command import CommandPalette, DiscoveryHit, Hit, Provider, SearchIcon

from .actions.table import Action, in_scope

if TYPE_CHECKING:
    from .app import RockprocApp


class Actions(Provider):
    """The actions of the screen that the palette was opened over."""

    def _offered(self) -> Iterator[tuple[Action, str]]:
        scopes: tuple[str, ...] = getattr(self.screen, "SCOPES", ())
        target: str = getattr(self.screen, "target", "")
        for action in in_scope(*scopes, "everywhere"):
            if action.palette:
                yield action, f"{action.help}  ▸ {target}" if action.scope == "processes" and target else action.help

    async def discover(self) -> AsyncIterator[DiscoveryHit]:
        for action, title in self._offered():
            yield DiscoveryHit(_escaped(title), self._doing(action), text=title, help=self._hint(action))

    async def search(self, query: str) -> AsyncIterator[Hit]:
        matcher = self.matcher(query)
        for action, title in self._offered():
            score = max(matcher.match(title), matcher.match(action.label))
            if score > 0:
                yield Hit(score, matcher.highlight(title), self._doing(action), text=title, help=self._hint(action))

    def _doing(self, action: Action) -> Callable[[], Any]:
        target: object = self.screen if hasattr(self.screen, f"action_{action.id}") else self.app
        return getattr(target, f"action_{action.id}")

    def _hint(self, action: Action) -> str:
        shown = cast("RockprocApp", self.app).keys_shown[action.id]
        return f"{shown}   {_escaped(action.python)}" if action.python else shown


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")


class Palette(CommandPalette):
    """Textual's, with a sign that every font has."""

    def on_mount(self) -> None:
        self.query_one(SearchIcon).icon = "/"
