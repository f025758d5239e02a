"""`rockproc-tui export`: a recording in a format that other programs read."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from .errors import UsageError
from .open_recording import open_recording
from .options import Options, read_recording
from .output_files import check_writable, print_out
from .standard_error import print_error

FORMATS = ("perfetto", "json", "csv", "sarif", "junit", "github")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `export`."""
    formats = "perfetto for ui.perfetto.dev; json or csv for programs; sarif, junit or github for the findings"
    parser.add_argument("--to", choices=FORMATS, required=True, help=formats)
    parser.add_argument("--output", metavar="FILE", help="where to write it (default: stdout)")


def read(parser: argparse.ArgumentParser, words: Sequence[str], options: Options) -> Options:
    """Parse the words behind `export`. Raises UsageError."""
    return read_recording(parser, words, options)


def execute(options: Options) -> int:
    """Write the export. Raises UsageError."""
    from rockproc.observer.exports import BEGINS, EXPORTS
    from rockproc.observer.recording.format import RecordingError

    replay = open_recording(options.files[0])
    if options.output is not None:
        check_writable("--output", options.output, BEGINS[options.to])
    pieces = EXPORTS[options.to](replay)
    try:
        if options.output is None:
            print_out(pieces)
        else:
            with Path(options.output).open("w", encoding="utf-8") as file:
                file.writelines(pieces)
    except RecordingError as error:
        raise UsageError(f"{options.files[0]} {error}.") from error
    if replay.damage:
        print_error(f"rockproc-tui: {options.files[0]} {replay.damage}. What comes before was exported.")
    return 0
