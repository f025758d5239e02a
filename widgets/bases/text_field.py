"""A field of one line in which keys keep their order."""

from __future__ import annotations

from textual import events
from textual.binding import Binding
from textual.widgets import Input

_ACTIONS = {
    key: binding.action for binding in Input.BINDINGS if isinstance(binding, Binding) for key in binding.key.split(",")
}
"""The actions of the editing keys, such as backspace."""


class TextField(Input):
    """A field that carries out its editing keys when they arrive, as it inserts characters.

    Textual looks for the binding of a key after the key has passed through all parents of the field. A character that
    is typed quickly after backspace would be inserted before backspace is carried out.
    """

    async def on_key(self, event: events.Key) -> None:
        if (
            self.screen.focused is not self
        ):  # an earlier key has left the field: this one belongs to what has the focus now
            event.prevent_default()
            return
        action = _ACTIONS.get(event.key)
        if action is not None:
            event.stop()
            event.prevent_default()
            await self.run_action(action)
