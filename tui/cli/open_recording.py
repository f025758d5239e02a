"""Opens the recording that a command line names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .errors import UsageError

if TYPE_CHECKING:
    from rockproc.observer.recording.replay import Replay


def open_recording(name: str) -> Replay:
    """Open a recording. Raises UsageError."""
    from rockproc.observer.recording.format import RecordingError
    from rockproc.observer.recording.replay import Replay

    path = Path(name)
    if path.exists() and not path.is_file():
        raise UsageError(f"{name} is not a file. Name a recording, as --save or W makes them.")
    try:
        return Replay(path)
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}. Name a recording, as --save or W makes them.") from error
    except RecordingError as error:
        raise UsageError(f"{name} {error}.") from error
