"""The command line: chooses the command, and turns every failure into one line and an exit status."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence

from .command import Command
from .command_names import COMMANDS
from .errors import UsageError
from .options import BUNDLED_NOTE, PROGRAM_NOTE, Options, Parser
from .standard_error import print_error

USAGE = """\
rockproc-tui [OPTIONS]                       choose a scenario
       rockproc-tui [OPTIONS] FILE [ARGS…]         watch a program
       rockproc-tui run [OPTIONS] FILE [ARGS…]     run it without a screen, and report
       rockproc-tui check [OPTIONS] FILE… [-- ARGS…]   say by the exit status whether a run has a problem
       rockproc-tui attach [OPTIONS] [PID]         say why a running program is stuck
       rockproc-tui rules | explain RULE           what can be found, and what it means
       rockproc-tui list [--json]                  the scenarios
       rockproc-tui replay FILE.rockproc           watch a recording
       rockproc-tui export FILE.rockproc --to FORMAT [--output FILE]"""
USAGES = {
    "screen": USAGE,
    "run": "rockproc-tui run [OPTIONS] FILE [ARGS…]",
    "check": "rockproc-tui check [OPTIONS] FILE… [-- ARGS…]",
}
"""The usage of the commands whose options may be followed by arguments of a program."""
DESCRIPTIONS = {
    "screen": "Watch a multiprocessing program, or choose a scenario.",
    "run": "Run a program without a screen, and print a report on stderr when it has ended.",
    "check": "Run programs, print what is wrong with them, and say by the exit status whether anything is.",
    "attach": "Say why a running program is stuck, or show it in the Lab.",
    "rules": "List the problems that can be found.",
    "explain": "Say what a problem is, with a program that has it and the repaired program.",
    "list": "List the scenarios: the bundled ones, and the programs of the working directory.",
    "replay": "Open the Lab on a recording.",
    "export": "Convert a recording into another format.",
}
NOTES = {
    "screen": PROGRAM_NOTE,
    "run": PROGRAM_NOTE,
    "check": f"{BUNDLED_NOTE} The arguments after -- go to each program. Exit status: 0 clean, 1 a finding, 2 wrong "
    "usage, 3 the program itself failed, 4 cannot tell.",
}
WRITE_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF, errno.EROFS})
USAGE_STATUS, WRITE_STATUS, CLOSED_PIPE_STATUS, INTERRUPT_STATUS = 2, 74, 141, 130


def parse(argv: Sequence[str]) -> Options:
    """Return what a command line says. Raises UsageError."""
    return _parse(argv)[1]


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out a command line and return the exit status."""
    try:
        try:
            command, options = _parse(sys.argv[1:] if argv is None else argv)
            if options.debug is None:
                return command.execute(options)
            from .debug_log import debug_log

            with debug_log(options.debug):
                return command.execute(options)
        finally:
            # At its exit Python would do that too, and complain where the reader has gone.
            if sys.stdout is not None:
                sys.stdout.flush()
    except UsageError as error:
        print_error(f"rockproc-tui: {error}")
        return USAGE_STATUS
    except BrokenPipeError:
        _drop_output()
        return CLOSED_PIPE_STATUS
    except OSError as error:
        if error.errno not in WRITE_ERRORS:
            raise
        _drop_output()
        where = f" {error.filename}" if error.filename else " the output"
        print_error(f"rockproc-tui: cannot write{where}: {error.strerror}.")
        return WRITE_STATUS
    except KeyboardInterrupt:
        return INTERRUPT_STATUS


def _parse(argv: Sequence[str]) -> tuple[Command, Options]:
    words = list(argv)
    name = words.pop(0) if words and words[0] in COMMANDS else "screen"
    command = _command(name)
    parser = Parser(
        prog="rockproc-tui" if name == "screen" else f"rockproc-tui {name}",
        usage=USAGES.get(name),
        description=DESCRIPTIONS[name],
        epilog=NOTES.get(name),
    )
    command.add_options(parser)
    return command, command.read(parser, words, Options(name))


def _command(name: str) -> Command:
    """Import a command, and only that one: the Catalog shall be there at once."""
    match name:
        case "run":
            from . import run

            return run
        case "check":
            from . import check

            return check
        case "attach":
            from . import attach

            return attach
        case "rules":
            from . import rules

            return rules
        case "explain":
            from . import explain

            return explain
        case "list":
            from . import list as list_

            return list_
        case "replay":
            from . import replay

            return replay
        case "export":
            from . import export

            return export
        case _:
            from . import screen

            return screen


def _drop_output() -> None:
    """Let what is still buffered for stdout go nowhere, silently."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
