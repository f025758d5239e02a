"""The recording of the app as a screencast."""

from __future__ import annotations

import time
from pathlib import Path

from rockproc.widgets.formatting.sanitize import sanitize
from textual import events
from textual.app import App

from .recorder import Screencast


class ScreencastApp(App[None]):
    """An app that can record itself."""

    _screencast: Screencast | None = None

    @property
    def recording(self) -> bool:
        return self._screencast is not None

    def start_recording(self, path: Path) -> None:
        try:
            self._screencast = Screencast(self, path)
        except OSError as error:
            problem = sanitize(f"{path}: {error.strerror}")
            self.notify(problem, title="The screen cannot be recorded", severity="error", markup=False)
        else:
            self.notify(sanitize(str(path)), title="● Recording", markup=False)

    def stop_recording(self) -> None:
        if self._screencast is not None:
            screencast, self._screencast = self._screencast, None
            screencast.stop()
            if self.is_running:
                self.notify(sanitize(str(screencast.path)), title="Recorded", markup=False)

    def action_record(self) -> None:
        if self.recording:
            self.stop_recording()
        else:
            self.start_recording(Path(time.strftime("rockproc-%Y%m%d-%H%M%S.cast")))

    def post_display_hook(self) -> None:
        super().post_display_hook()
        if self._screencast is not None:
            self._screencast.displayed()

    async def on_event(self, event: events.Event) -> None:
        if self._screencast is not None:
            if isinstance(event, events.Key):
                self._screencast.pressed(event)
            elif isinstance(event, events.Resize):
                self._screencast.resized(*event.size)
        await super().on_event(event)
