"""The choices that are remembered between sessions, in one small file in the user's state folder."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import platformdirs
from msgspec.structs import asdict

from .theme import DARK

MAX_FILE_BYTES = 100_000
MAX_REMEMBERED_ARGUMENTS = 50
_PERCENTS = range(20, 81)
_SECOND_PANELS = range(2, 7)


class Preferences(msgspec.Struct, frozen=True):
    theme: str = DARK.name
    second_panel: int | None = None
    """The panel below the processes in a small terminal; None until the user has chosen one."""
    left_percent: int | None = None
    """The share of the left column of a large terminal; None until the user has chosen one."""
    top_percent: int | None = None
    """The share of the height that the list of processes may have."""
    arguments: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    """The arguments with which a program was last run, as in a shell, by its path."""


def preferences_file() -> Path:
    return Path(platformdirs.user_state_dir("rockproc")) / "preferences.json"


def load(file: Path) -> Preferences:
    """Read the file. Defaults replace what is missing or makes no sense."""
    try:
        with file.open("rb") as opened:
            data: Any = json.loads(opened.read(MAX_FILE_BYTES))
        names = ("theme", "second_panel", "left_percent", "top_percent", "arguments")
        theme, panel, left, top, arguments = (data.get(name) for name in names)
        return Preferences(
            theme if isinstance(theme, str) else DARK.name,
            panel if type(panel) is int and panel in _SECOND_PANELS else None,
            _percent(left),
            _percent(top),
            _texts(arguments.items() if arguments is not None else ()),
        )
    except (OSError, ValueError, RecursionError, AttributeError):
        return Preferences()


def _percent(value: object) -> int | None:
    return value if type(value) is int and value in _PERCENTS else None


def _texts(entries: Iterable[tuple[object, object]]) -> dict[str, str]:
    """Return the newest entries that are texts."""
    texts = {key: value for key, value in entries if isinstance(key, str) and isinstance(value, str)}
    return dict(list(texts.items())[-MAX_REMEMBERED_ARGUMENTS:])


def save(preferences: Preferences, file: Path) -> None:
    """Replace the file as a whole. A file that cannot be written is no reason to disturb the user."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".preferences-")
        try:
            with os.fdopen(descriptor, "w") as opened:
                json.dump(asdict(preferences), opened)
            Path(name).replace(file)
        except OSError:
            Path(name).unlink(missing_ok=True)
