"""`rockproc-tui [FILE]`: the Catalog, or the Lab on one program."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from rockproc.observer.scenarios.launch import Launch

from ..runtime import garbage_collection
from .errors import UsageError
from .launching import interpreter, launch_of
from .options import Options, add_launch_options, add_save_options, check_save_options, read_program
from .output_files import print_out
from .terminal import add_screen_options, need_terminal


class _Version(argparse.Action):
    """Shows the version. It is looked up only then: that takes longer than all the rest of the command line."""

    def __init__(self, option_strings: Sequence[str], dest: str, **keywords: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **keywords)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from .version import version

        print_out([f"rockproc-tui {version()}\n"])
        parser.exit()


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command without a name."""
    add_launch_options(parser)
    add_screen_options(parser)
    add_save_options(parser)
    version = "show the version and exit"
    parser.add_argument("--version", action=_Version, dest=argparse.SUPPRESS, help=version)


def read(parser: argparse.ArgumentParser, words: Sequence[str], options: Options) -> Options:
    """Parse `[OPTIONS] [FILE [ARGS…]]`. Raises UsageError."""
    return read_program(parser, words, options)


def execute(options: Options) -> int:
    """Open the screen. Raises UsageError."""
    launch = launch_of(options, options.files[0], options.args) if options.files else None
    if options.save is not None and launch is None:
        raise UsageError("--save needs a FILE to run. In the Lab, W saves any run.")
    need_terminal(options)
    check_save_options(options)
    garbage_collection.disable_during_imports()
    from ..app.start import show

    template = launch or Launch(
        "", python=interpreter(options.python), start_method=options.start_method, detail=options.detail
    )
    return show(
        template,
        opens=launch is not None,
        timeout=options.timeout,
        record=options.record,
        save=options.save,
        save_last_bytes=options.save_last,
    )
