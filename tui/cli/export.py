"""`rockproc-tui export`: a recording in a format that other programs read."""

from __future__ import annotations

import sys
from pathlib import Path

from rockproc.observer.exports import BEGINS, FORMATS
from rockproc.observer.recording.format import RecordingError

from .main import Options, UsageError, recording, writable


def export(options: Options) -> int:
    replay = recording(options.files[0])
    if options.output is not None:
        writable("--output", options.output, BEGINS[options.to])
    pieces = FORMATS[options.to](replay)
    try:
        if options.output is None:
            sys.stdout.writelines(pieces)
            sys.stdout.flush()
        else:
            with Path(options.output).open("w", encoding="utf-8") as file:
                file.writelines(pieces)
    except RecordingError as error:
        raise UsageError(f"{options.files[0]} {error}.") from error
    if replay.damage:
        print(f"rockproc-tui: {options.files[0]} {replay.damage}. What comes before was exported.", file=sys.stderr)
    return 0
