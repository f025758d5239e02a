"""The name of the file into which a run is saved."""

from __future__ import annotations

import time
from pathlib import PurePosixPath

from .format import SUFFIX

MAX_STEM_CHARACTERS = 100


def file_name(script: str, at: time.struct_time | None = None) -> str:
    """Return a name such as `two_locks-20260131-235959.rockproc`, made of the script's name and a time.

    A recording may hold any name of a script, so whatever cannot stand in the name of a file becomes `_`.
    """
    stem = PurePosixPath(script).stem[:MAX_STEM_CHARACTERS]
    stem = "".join(character if character.isprintable() else "_" for character in stem) or "run"
    return f"{stem}-{time.strftime('%Y%m%d-%H%M%S', at or time.localtime())}{SUFFIX}"
