"""The requirements of commands that draw a screen."""

from __future__ import annotations

import argparse
import os
import sys

from .errors import UsageError
from .options import Options
from .output_files import JSON_BEGIN, check_writable


def add_screen_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of commands that draw a screen."""
    parser.add_argument("--record", metavar="FILE.cast", help="record the screen as an asciicast")


def need_terminal(options: Options) -> None:
    """Check that a screen can be drawn, and recorded if that was asked for. Raises UsageError."""
    streams = (sys.stdin, sys.stdout, sys.stderr)  # it is drawn on stderr
    if not all(stream is not None and stream.isatty() for stream in streams):
        raise UsageError(
            "a screen needs a terminal as stdin, stdout and stderr. "
            "Without one: `rockproc-tui run FILE`, `rockproc-tui list`."
        )
    if os.environ.get("TERM") == "dumb":
        raise UsageError("TERM=dumb is a terminal without a cursor to move. `rockproc-tui run FILE` needs none.")
    if options.record is not None:
        check_writable("--record", options.record, JSON_BEGIN)
