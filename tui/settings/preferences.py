"""The choices that are remembered between sessions, in one small file in the user's state folder."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import platformdirs
from rockproc.widgets.formatting.sort_orders import SORT_ORDERS

from .theme import DARK

MAX_FILE_BYTES = 10_000
_SECOND_PANELS = range(2, 7)


@dataclass(frozen=True)
class Preferences:
    theme: str = DARK.name
    sort_order: str = SORT_ORDERS[0]
    """The order of the list of processes."""
    second_panel: int | None = None
    """The panel below the processes in a small terminal; None until the user has chosen one."""


def preferences_file() -> Path:
    return Path(platformdirs.user_state_dir("rockproc")) / "preferences.json"


def load(file: Path) -> Preferences:
    """Reads the file. Defaults replace what is missing or makes no sense."""
    try:
        with file.open("rb") as opened:
            data: Any = json.loads(opened.read(MAX_FILE_BYTES))
        theme, order, panel = (data.get(name) for name in ("theme", "sort_order", "second_panel"))
    except (OSError, ValueError, RecursionError, AttributeError):
        return Preferences()
    return Preferences(
        theme if isinstance(theme, str) else DARK.name,
        order if order in SORT_ORDERS else SORT_ORDERS[0],
        panel if type(panel) is int and panel in _SECOND_PANELS else None,
    )


def save(preferences: Preferences, file: Path) -> None:
    """Replaces the file as a whole. A file that cannot be written is no reason to disturb the user."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".preferences-")
        try:
            with os.fdopen(descriptor, "w") as opened:
                json.dump(asdict(preferences), opened)
            Path(name).replace(file)
        except OSError:
            Path(name).unlink(missing_ok=True)
