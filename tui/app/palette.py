"""The command palette: every action of the table, and the themes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any, ClassVar

import msgspec
from textual.app import App
from textual.command import CommandPalette, DiscoveryHit, Hit, Provider, SearchIcon
from textual.content import Content

from ..actions.table import Action, in_scope
from ..run.services import services_of

_NAME, _SYNONYM, _HELP = 3.0, 2.0, 1.0
"""The scores of a word that is found in the name, among the synonyms, or in the help of a command."""
_ENDING_SCORE_FACTOR = 0.33
"""The factor by which the score of a command that ends a run is reduced."""
_NAME_CELLS = 34


class Command(msgspec.Struct, frozen=True):
    id: str
    name: str
    help: str
    key: str
    synonyms: str
    do: Callable[[], Any]
    ends_run: bool = False

    def score(self, query: str) -> float:
        """Return how well a query matches; 0 when it does not. Each of its words must begin a word of the command.

        A command that ends a run is found by its name and synonyms only, and behind all others: it is never the
        answer to a vague word.
        """
        total, factor = 0.0, _ENDING_SCORE_FACTOR if self.ends_run else 1
        for word in query.lower().split():
            if _begins_a_word(word, self.name):
                total += _NAME * factor
            elif _begins_a_word(word, self.synonyms):
                total += _SYNONYM * factor
            elif not self.ends_run and _begins_a_word(word, self.help):
                total += _HELP
            else:
                return 0.0
        return total


def _begins_a_word(word: str, text: str) -> bool:
    return f" {word}" in " " + text.lower().replace(":", " ").replace("(", " ").replace("-", " ")


class Commands(Provider):
    """The commands of the screen over which the palette was opened."""

    recent: ClassVar[list[str]] = []
    """The ids of the commands that were used, the last one first."""

    def commands(self) -> Iterator[Command]:
        scopes: tuple[str, ...] = getattr(self.screen, "SCOPES", ())
        target: str = getattr(self.screen, "target", "")
        keys = services_of(self.screen).keys_shown
        for action in in_scope(*scopes, "everywhere"):
            if action.palette:
                help_text = f"{action.help} ▸ {target}" if action.scope == "processes" and target else action.help
                python = f" · {action.python}" if action.python else ""
                yield Command(
                    action.id,
                    action.name,
                    f"{help_text}{python}",
                    keys[action.id],
                    action.synonyms,
                    self._handler(action),
                    action.ends_run,
                )
        app: App[Any] = self.app  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        for theme in sorted(app.available_themes, key=lambda name: (not name.startswith("rockproc"), name)):
            short = theme.removeprefix("rockproc-")
            yield Command(
                f"theme {theme}",
                f"Theme: {short}",
                "Colours of the screen",
                "",
                "color scheme",
                partial(_set_theme, app, theme),
            )

    def _handler(self, action: Action) -> Callable[[], Any]:
        """Return the function that performs an action. It works also where the keys of the action do not."""
        if action.scope == "everywhere":
            return getattr(self.app, f"action_{action.id}")
        perform = getattr(self.screen, "action_perform", None)
        return partial(perform, action.id) if perform is not None else getattr(self.screen, f"action_{action.id}")

    async def discover(self) -> AsyncIterator[DiscoveryHit]:
        commands = list(self.commands())
        places = {name: place for place, name in enumerate(self.recent)}
        for command in sorted(commands, key=lambda command: places.get(command.id, len(places))):
            yield DiscoveryHit(_line(command), self._use(command), text=command.name, help=command.help)

    async def search(self, query: str) -> AsyncIterator[Hit]:
        for command in self.commands():
            score = command.score(query)
            if score > 0:
                yield Hit(score, _line(command), self._use(command), text=command.name, help=command.help)

    def _use(self, command: Command) -> Callable[[], Any]:
        def use() -> Any:
            if command.id in self.recent:
                self.recent.remove(command.id)
            self.recent.insert(0, command.id)
            return command.do()

        return use


def _line(command: Command) -> Content:
    return Content(f"{command.name:<{_NAME_CELLS}}") + Content.styled(command.key, "$accent")


def _set_theme(app: App[Any], theme: str) -> None:
    app.theme = theme


class Palette(CommandPalette):
    """Textual's palette with an icon that every font has."""

    def on_mount(self) -> None:
        self.query_one(SearchIcon).icon = "/"
