"""What people have chosen and find again the next time: one small file in the folder of the user's state."""

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

LARGEST = 10_000
_SECOND = range(2, 7)


@dataclass(frozen=True)
class Kept:
    theme: str = DARK.name
    order: str = SORT_ORDERS[0]
    """Of the processes."""
    second: int | None = None
    """The panel that is with the processes in a narrow terminal; None where nobody has chosen."""


def kept_file() -> Path:
    return Path(platformdirs.user_state_dir("rockproc")) / "kept.json"


def load(file: Path) -> Kept:
    """What the file says, as far as it makes sense."""
    try:
        with file.open("rb") as opened:
            data: Any = json.loads(opened.read(LARGEST))
        theme, order, second = (data.get(name) for name in ("theme", "order", "second"))
    except (OSError, ValueError, RecursionError, AttributeError):
        return Kept()
    return Kept(
        theme if isinstance(theme, str) else DARK.name,
        order if order in SORT_ORDERS else SORT_ORDERS[0],
        second if type(second) is int and second in _SECOND else None,
    )


def save(kept: Kept, file: Path) -> None:
    """Whole or not at all. Where it cannot be written nothing is kept, which is no reason to disturb anybody."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".kept-")
        try:
            with os.fdopen(descriptor, "w") as opened:
                json.dump(asdict(kept), opened)
            Path(name).replace(file)
        except OSError:
            Path(name).unlink(missing_ok=True)
