"""The options of the command line, and the parsers that several commands share."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

import msgspec

from .errors import UsageError
from .output_files import OPEN_DESCRIPTORS, check_writable, print_out

BUNDLED_NOTE = "FILE may also be the name of a bundled scenario (two_locks) or of a console script on PATH (flake8)."
PROGRAM_NOTE = f"What follows FILE belongs to the program. {BUNDLED_NOTE}"
START_METHODS = ("fork", "spawn", "forkserver")
DEFAULT_GRACE_SECONDS = 10.0
DEFAULT_COLUMNS = 80
MIN_SAVE_LAST_BYTES = 1_000_000


class Options(msgspec.Struct):
    """All options of the command line. A command reads those that it has."""

    command: str = "screen"
    module: bool = False
    files: list[str] = msgspec.field(default_factory=list[str])
    args: tuple[str, ...] = ()
    start_method: str | None = None
    python: str | None = None
    detail: str = "auto"
    timeout: float | None = None
    grace: float = DEFAULT_GRACE_SECONDS
    stacks: bool = False
    follow: bool = False
    strict: bool = False
    record: str | None = None
    json: bool = False
    report: str | None = None
    save: str | None = None
    save_last: int | None = None
    """The maximum size of the file of `save`, in bytes."""
    to: str = ""
    output: str | None = None
    fail_on: str = "error"
    allow_unobserved: bool = False
    sarif: str | None = None
    junit: str | None = None
    github: bool = False
    pid: str | None = None
    probe: bool = False
    lab: bool = False
    debug: str | None = None


class _HelpFormatter(argparse.HelpFormatter):
    """A formatter with a given width: that of argparse gets it from `shutil`, whose import takes long."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    """Return the width of the terminal, as `shutil.get_terminal_size` does."""
    with suppress(ValueError):
        if (columns := int(os.environ.get("COLUMNS", ""))) > 0:
            return columns
    with suppress(AttributeError, ValueError, OSError):  # stdout is closed, detached, or no terminal
        if sys.__stdout__ is not None:
            return os.get_terminal_size(sys.__stdout__.fileno()).columns or DEFAULT_COLUMNS
    return DEFAULT_COLUMNS


class Parser(argparse.ArgumentParser):
    """A parser whose errors are UsageErrors of one line."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(allow_abbrev=False, formatter_class=_HelpFormatter, **keywords)
        self.add_argument(
            "--debug", metavar="FILE", help="write a log of rockproc-tui itself, with tracebacks, to FILE"
        )

    def _print_message(self, message: str, file: Any = None) -> None:
        """Print the help. argparse would pass over a stdout that is full or closed."""
        if file is not None and file is not sys.stdout:
            super()._print_message(message, file)
        elif message:
            print_out([message])

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}. `{self.prog} --help` lists the options.")


def add_launch_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how a program is run."""
    parser.add_argument("-m", action="store_true", dest="module", help="FILE is the name of a module, as in python -m")
    parser.add_argument("--start-method", choices=START_METHODS, help="the default start method of the program")
    python = "the interpreter (default: that of the active virtual environment, or this one)"
    parser.add_argument("--python", metavar="PATH", help=python)
    detail = "what is recorded: counts only, a sample within a budget, or everything"
    parser.add_argument("--detail", choices=("light", "auto", "full"), default="auto", help=detail)
    parser.add_argument("--timeout", type=seconds, metavar="S", help="end the run after S seconds")


def add_headless_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of commands that run a program without a screen."""
    grace = f"seconds that the program has to end after a signal or the time limit ({DEFAULT_GRACE_SECONDS:g})"
    parser.add_argument("--grace", type=seconds, metavar="S", default=DEFAULT_GRACE_SECONDS, help=grace)
    follow = "also observe Python programs that the program starts with subprocess"
    parser.add_argument("--follow", action="store_true", help=follow)
    strict = "report updates of a Value that were provably lost as an error instead of a warning"
    parser.add_argument("--strict", action="store_true", help=strict)
    stacks = "before the run is ended at the time limit or because it cannot go on, print the stack of every thread"
    parser.add_argument("--stacks", action="store_true", help=stacks)


def add_save_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where a run is recorded."""
    parser.add_argument("--save", metavar="FILE.rockproc", help="save the run as a recording, to replay or export it")
    last = "with --save: keep only the last part of the run, in a file of this size at most, such as 256MB"
    parser.add_argument("--save-last", type=size, metavar="SIZE", help=last)


def check_save_options(options: Options) -> None:
    """Check that `--save` and `--save-last` fit each other, and that the file can be written. Raises UsageError."""
    if options.save is None:
        if options.save_last is not None:
            raise UsageError("--save-last needs --save FILE.rockproc.")
        return
    from rockproc.observer.recording.format import MAGIC

    check_writable("--save", options.save, MAGIC)
    if options.save_last is not None and options.save.startswith(OPEN_DESCRIPTORS):
        raise UsageError("--save-last replaces the file repeatedly, so --save must name a file and not a descriptor.")


def size(text: str) -> int:
    """Parse a number of bytes such as `256MB`, of at least a megabyte. Raises ArgumentTypeError."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(kB|MB|GB|TB)", text, re.IGNORECASE)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 256MB")
    count = int(float(found[1]) * 1000 ** ("kmgt".index(found[2][0].lower()) + 1))
    if count < MIN_SAVE_LAST_BYTES:
        raise argparse.ArgumentTypeError(f"{text!r} is less than 1MB")
    return count


def seconds(text: str) -> float:
    """Parse a duration above zero. Raises ArgumentTypeError."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return number


def split_at_file(parser: argparse.ArgumentParser, words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split a command line into our own options, and FILE with everything that follows it."""
    words = list(words)
    takes_value = {option for action in parser._actions if action.nargs is None for option in action.option_strings}
    index = 0
    while index < len(words):
        word = words[index]
        if word == "--":
            return words[:index], words[index + 1 :]
        if not word.startswith("-") or word == "-":
            break
        index += 2 if word in takes_value else 1
    return words[:index], words[index:]


def read_program(parser: argparse.ArgumentParser, words: Sequence[str], options: Options) -> Options:
    """Parse `[OPTIONS] FILE [ARGS…]`. A `--` directly behind FILE is left out. Raises UsageError."""
    own, rest = split_at_file(parser, words)
    options = parser.parse_args(own, options)
    args = rest[2:] if rest[1:2] == ["--"] else rest[1:]
    options.files, options.args = rest[:1], tuple(args)
    if options.module and not rest:
        raise UsageError("-m needs the name of a module.")
    return options


def read_recording(parser: argparse.ArgumentParser, words: Sequence[str], options: Options) -> Options:
    """Parse `FILE.rockproc [OPTIONS]`. Raises UsageError."""
    parser.add_argument("files", nargs=1, metavar="FILE.rockproc", help="the recording to read")
    return parser.parse_args(words, options)


def own_options(parser: argparse.ArgumentParser) -> set[str]:
    """Return every option that the parser knows, such as `--timeout`."""
    return set(parser._option_string_actions)
