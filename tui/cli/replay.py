"""`rockproc-tui replay`: the screen on a recording."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from rockproc.observer.scenarios.launch import Launch

from .open_recording import open_recording
from .options import Options, read_recording
from .terminal import add_screen_options, need_terminal


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `replay`."""
    add_screen_options(parser)


def read(parser: argparse.ArgumentParser, words: Sequence[str], options: Options) -> Options:
    """Parse the words behind `replay`. Raises UsageError."""
    return read_recording(parser, words, options)


def execute(options: Options) -> int:
    """Show the recording. Raises UsageError."""
    replay = open_recording(options.files[0])
    need_terminal(options)
    from ..app.start import show

    return show(Launch(""), record=options.record, replay=replay)
