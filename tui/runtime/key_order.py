"""Keys keep their order where a field gets the focus while a user types on.

Textual passes a key to the focused widget, and from there to its parents up to the app if no widget handles it. Keys
that were typed before a field had the focus are still on that way when the next ones go to the field directly.
"""

from __future__ import annotations

from typing import Any

from textual import events, on
from textual.app import App
from textual.message import Message
from textual.timer import Timer

_LONGEST_HOLD_SECONDS = 3.0
"""Keys go on after this time in any case, for example if the widget on the way is removed."""
_TEXT_KEYS = ("enter", "backspace", "escape")
"""The keys that belong to a text, besides characters."""


class EarlierKeys(Message):
    """A message that follows the keys that came before. When the app gets it, it has got all of them."""


class FieldReady(Message):
    """The field of a dialog has the focus, and can take keys."""


class OrderedKeysApp(App[None]):
    """An app that can hold keys until those that came before have arrived."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._held_keys: list[events.Key] | None = None
        """The keys that are held, in their order; None if keys are not held at present."""
        self._earlier_arrived = False
        self._longest_hold: Timer | None = None

    def hold_keys(self) -> None:
        """Hold the keys that come from now on. Call this before a field, or a dialog with one, gets the focus."""
        if self._held_keys is None:
            self._held_keys, self._earlier_arrived = [], False
            (self.focused or self.screen).post_message(EarlierKeys())
            self._longest_hold = self.set_timer(_LONGEST_HOLD_SECONDS, self.release_keys)

    def field_is_ready(self) -> bool:
        """Return False while the widget that is to have the keys is not there yet."""
        return True

    @on(EarlierKeys)
    async def _earlier_keys_arrived(self) -> None:
        self._earlier_arrived = True
        await self._release_keys_if_ready()

    @on(FieldReady)
    async def _release_keys_if_ready(self) -> None:
        if self._earlier_arrived and self.field_is_ready():
            await self.release_keys()

    async def release_keys(self) -> None:
        """Let the keys go on. One of them may have others held again."""
        if self._longest_hold is not None:
            self._longest_hold.stop()
        held, self._held_keys = self._held_keys or [], None
        for event in held:
            await self.on_event(event)

    async def on_event(self, event: events.Event) -> None:
        if (
            self._held_keys is not None
            and isinstance(event, events.Key)
            and not event.is_forwarded
            and (event.is_printable or event.key in _TEXT_KEYS)
        ):
            self._held_keys.append(event)
        else:
            await super().on_event(event)
