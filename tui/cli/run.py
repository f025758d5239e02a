"""`rockproc-tui run`: a run without a screen, and a report of it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ..runtime import garbage_collection
from .errors import UsageError
from .launching import launch_of
from .options import (
    Options,
    add_headless_options,
    add_launch_options,
    add_save_options,
    check_save_options,
    own_options,
    read_program,
)
from .output_files import JSON_BEGIN, check_writable, print_out
from .standard_error import print_error


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `run`."""
    add_launch_options(parser)
    add_headless_options(parser)
    add_save_options(parser)
    parser.add_argument("--json", action="store_true", help="print the report alone on stdout, as JSON")
    parser.add_argument("--report", metavar="FILE", help="write the report to FILE, as JSON")


def read(parser: argparse.ArgumentParser, words: Sequence[str], options: Options) -> Options:
    """Parse the words behind `run`. Raises UsageError."""
    options = read_program(parser, words, options)
    if not options.files:
        raise UsageError("run needs a FILE. `rockproc-tui list` shows the bundled scenarios.")
    separated = "--" in words[: len(words) - len(options.args)]  # then the user has said whose they are
    misplaced = "" if separated else _misplaced(options, own_options(parser))
    if misplaced:
        print_error(
            f"rockproc-tui: {misplaced} stands after {options.files[0]} and so belongs to the program. "
            f"If it is for rockproc-tui, put it before {options.files[0]}."
        )
    return options


def execute(options: Options) -> int:
    """Run the program; the exit status is the program's. Raises UsageError."""
    launch = launch_of(options, options.files[0], options.args)
    if options.report is not None:
        check_writable("--report", options.report, JSON_BEGIN)
    if options.json and sys.stdout is None:
        raise UsageError("--json needs a stdout that is open.")
    check_save_options(options)
    save = Path(options.save) if options.save is not None else None
    from .headless import Limits, print_killed, print_stacks, watch

    garbage_collection.collect_rarely()
    limits = Limits(options.timeout, options.grace, reads_stacks=options.stacks)
    outcome = watch(launch, limits, stdout_to_stderr=options.json, save=save, save_last_bytes=options.save_last)
    print_killed(outcome)
    print_stacks(outcome)
    if options.report is not None or options.json:
        import json

        from rockproc.observer.report.schema import to_json

        document = json.dumps(to_json(outcome.report), indent=2) + "\n"
        if options.report is not None:
            Path(options.report).write_text(document, encoding="utf-8")
        if options.json:
            print_out([document])
    if not options.json:
        from rockproc.observer.report.text import report_text

        print_error(report_text(outcome.report))
    return outcome.status


def _misplaced(options: Options, own: set[str]) -> str:
    """Return an option of rockproc-tui among the program's arguments that the program's source does not mention."""
    candidates = [word for word in options.args if word.startswith("--") and word.partition("=")[0] in own]
    if not candidates or options.module:
        return candidates[0] if candidates else ""
    try:
        source = Path(launch_of(options, options.files[0]).script).read_text(errors="replace")
    except (OSError, UsageError):
        return ""
    return next((word for word in candidates if word.partition("=")[0] not in source), "")
