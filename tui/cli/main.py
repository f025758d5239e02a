"""The command line. What only the screen needs is imported when the screen is opened."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from rockproc.observer.scenarios import catalog
from rockproc.observer.scenarios.launch import Launch

from ..runtime import garbage_collection

if TYPE_CHECKING:
    from rockproc.observer.recording.replay import Replay

COMMANDS = ("run", "check", "list", "replay", "export")
USAGE = """\
rockproc-tui [OPTIONS]                       choose a scenario
       rockproc-tui [OPTIONS] FILE [ARGS…]         watch a program
       rockproc-tui run [OPTIONS] FILE [ARGS…]     run it without a screen, and report
       rockproc-tui check [OPTIONS] FILE… [-- ARGS…]   exit 1 if a run has an error to report
       rockproc-tui attach [OPTIONS] [PID]         say why a program that runs already does not go on
       rockproc-tui list [--json]                  the scenarios
       rockproc-tui replay FILE.rockproc           watch a recording
       rockproc-tui export FILE.rockproc --to perfetto|json|csv [--output FILE]"""
JSON = b"{"
"""How a file begins that holds JSON, also one of a line each."""
BUNDLED = "FILE may also be the name of a bundled scenario: two_locks."
NOTE = f"What follows FILE belongs to the program. {BUNDLED}"
NOTES = {
    "screen": NOTE,
    "run": NOTE,
    "check": f"{BUNDLED} What follows -- is given to each program. A run that --timeout ends is no error by itself.",
}


class UsageError(Exception):
    """Its message is one line that says what is wrong and how to mend it."""


@dataclass
class Options:
    command: str = "screen"
    module: bool = False
    files: list[str] = field(default_factory=list[str])
    args: tuple[str, ...] = ()
    start_method: str | None = None
    python: str | None = None
    detail: str = "auto"
    timeout: float | None = None
    record: str | None = None
    json: bool = False
    report: str | None = None
    save: str | None = None
    to: str = ""
    output: str | None = None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}. `{self.prog} --help` lists what there is.")


class _Version(argparse.Action):
    """It is looked up when it is asked for only: that takes longer than all the rest of the command line."""

    def __init__(self, option_strings: Sequence[str], dest: str, **keywords: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **keywords)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib import metadata

        try:
            version = metadata.version("rockproc-tui")
        except metadata.PackageNotFoundError:
            version = "(not installed)"
        print(f"rockproc-tui {version}")
        parser.exit()


def _parser(command: str) -> _Parser:
    prog = "rockproc-tui" if command == "screen" else f"rockproc-tui {command}"
    parser = _Parser(
        prog=prog,
        usage=USAGE if command == "screen" else None,
        epilog=NOTES.get(command),
        add_help=True,
        allow_abbrev=False,
    )
    if command in ("screen", "run", "check"):
        parser.add_argument("-m", action="store_true", dest="module", help="FILE is a module's name, as in python -m")
        methods = ("fork", "spawn", "forkserver")
        parser.add_argument("--start-method", choices=methods, help="how processes start by default")
        python = "the interpreter that runs it (default: the active virtual environment's, or this one)"
        parser.add_argument("--python", metavar="PATH", help=python)
        detail = "what is recorded: counts only, a budget, or all"
        parser.add_argument("--detail", choices=("light", "auto", "full"), default="auto", help=detail)
        parser.add_argument("--timeout", type=_seconds, metavar="S", help="end the run after so many seconds")
    if command in ("screen", "run"):
        parser.add_argument("--save", metavar="FILE.rockproc", help="keep the run, to be replayed or exported")
    if command == "export":
        formats = "perfetto for ui.perfetto.dev, json or csv for programs"
        parser.add_argument("--to", choices=("perfetto", "json", "csv"), required=True, help=formats)
        parser.add_argument("--output", metavar="FILE", help="where to; without it, stdout")
    if command in ("screen", "replay"):
        parser.add_argument("--record", metavar="FILE.cast", help="record the screen as an asciicast")
    if command == "screen":
        parser.add_argument("--version", action=_Version, help="show the version and exit")
    if command == "run":
        parser.add_argument("--json", action="store_true", help="the report alone on stdout, as JSON")
        parser.add_argument("--report", metavar="FILE", help="write the report to FILE, as JSON")
    if command == "list":
        parser.add_argument("--json", action="store_true", help="as JSON")
    return parser


def parse(argv: Sequence[str]) -> Options:
    """Raises UsageError."""
    words = list(argv)
    command = words.pop(0) if words and words[0] in COMMANDS else "screen"
    parser = _parser(command)
    options = Options(command)
    if command == "check":
        parser.add_argument("files", nargs="+", metavar="FILE")
        place = words.index("--") if "--" in words else len(words)
        options.args = tuple(words[place + 1 :])
        return parser.parse_args(words[:place], options)
    if command in ("replay", "export"):
        parser.add_argument("files", nargs=1, metavar="FILE.rockproc")
        return parser.parse_args(words, options)
    own, rest = _split(words)
    if command == "list":
        own, rest = words, []
    options = parser.parse_args(own, options)
    options.files, options.args = rest[:1], tuple(rest[1:])
    if command == "run" and not rest:
        raise UsageError("run needs a FILE. `rockproc-tui list` shows the bundled scenarios.")
    if options.module and not rest:
        raise UsageError("-m needs a module's name.")
    return options


_WITH_VALUE = ("--start-method", "--python", "--detail", "--timeout", "--record", "--report", "--save")


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    """Our own options, and FILE with all that follows it."""
    index = 0
    while index < len(words):
        word = words[index]
        if word == "--":
            return words[:index], words[index + 1 :]
        if not word.startswith("-") or word == "-":
            break
        index += 2 if word in _WITH_VALUE else 1
    return words[:index], words[index:]


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return seconds


def launch_of(options: Options, name: str, args: tuple[str, ...] = ()) -> Launch:
    """What to run for FILE or -m MODULE. Raises UsageError for what cannot run."""
    return Launch(
        script=name if options.module else str(_checked(name, options)),
        args=args,
        python=_interpreter(options.python),
        start_method=options.start_method,
        module=options.module,
        detail=options.detail,
    )


def _checked(name: str, options: Options) -> Path:
    path = Path(name)
    bundled = None if path.exists() else catalog.find(name)
    if bundled is not None:
        return bundled.path
    scenario = catalog.load(path)
    if not path.exists():
        raise UsageError(f"{name}: no such file. Check the path; `rockproc-tui list` shows the bundled scenarios.")
    if path.is_dir() and not scenario.runnable:
        raise UsageError(f"{name} {scenario.error}. Name a Python file in it, or use -m MODULE.")
    # Another interpreter may know another syntax: it has the last word on it.
    if not scenario.runnable and (options.python is None or not scenario.source):
        raise UsageError(f"{name}: {_one_line(scenario.error)}. Mend that, or name another Python file.")
    return path


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split()).rstrip(".")


def _interpreter(python: str | None) -> str:
    if python is None:
        return _active() or sys.executable
    # A Path would make of ./python a python of the PATH.
    found = shutil.which(str(Path(python).expanduser()) if python.startswith("~") else python)
    if found is None:
        raise UsageError(f"--python {python}: no such program. Give the path of a Python interpreter.")
    return found


def _active() -> str | None:
    """The interpreter of the virtual environment that a person works in, where that is not ours."""
    folder = os.environ.get("VIRTUAL_ENV")
    if not folder or Path(folder).resolve() == Path(sys.prefix).resolve():
        return None
    return shutil.which("python", path=str(Path(folder) / "bin"))


def main(argv: Sequence[str] | None = None) -> int:
    """The exit status."""
    try:
        try:
            words = list(sys.argv[1:] if argv is None else argv)
            return _attach(words[1:]) if words[:1] == ["attach"] else _command(parse(words))
        finally:
            # At its exit Python would do that too, and complain where the reader has gone.
            if sys.stdout is not None:
                sys.stdout.flush()
    except UsageError as error:
        print(f"rockproc-tui: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whatever is still buffered for it goes nowhere, and silently.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 141
    except KeyboardInterrupt:
        return 130


def _command(options: Options) -> int:
    if options.command == "list":
        from .list import show

        return show(as_json=options.json)
    if options.command in ("run", "check"):
        from . import run

        return run.main(options)
    if options.command == "export":
        from .export import export

        return export(options)
    return _replay(options) if options.command == "replay" else _screen(options)


def _attach(words: Sequence[str]) -> int:
    from . import attach

    parser = _Parser(prog="rockproc-tui attach", allow_abbrev=False)
    attach.add_options(parser)
    try:
        return attach.execute(parser.parse_args(words))
    except attach.AttachUsageError as error:
        raise UsageError(str(error)) from error


def _screen(options: Options) -> int:
    launch = launch_of(options, options.files[0], options.args) if options.files else None
    if options.save is not None and launch is None:
        raise UsageError("--save needs a FILE to run. In the Lab, W saves any run.")
    _need_terminal(options)
    if options.save is not None:
        from rockproc.observer.recording.format import MAGIC

        writable("--save", options.save, MAGIC)
    garbage_collection.disable_during_imports()
    from ..start_app import show

    template = launch or Launch(
        "", python=_interpreter(options.python), start_method=options.start_method, detail=options.detail
    )
    return show(template, opens=launch is not None, timeout=options.timeout, record=options.record, save=options.save)


def _replay(options: Options) -> int:
    replay = recording(options.files[0])
    _need_terminal(options)
    from ..start_app import show

    return show(Launch(""), record=options.record, replay=replay)


def recording(name: str) -> Replay:
    """Opens a recording. Raises UsageError."""
    from rockproc.observer.recording.format import RecordingError
    from rockproc.observer.recording.replay import Replay

    try:
        return Replay(Path(name))
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}. Name a recording, as --save or W makes them.") from error
    except RecordingError as error:
        raise UsageError(f"{name} {error}.") from error


def _need_terminal(options: Options) -> None:
    """Raises UsageError where no screen can be drawn, or not be recorded."""
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):  # it is drawn on stderr
        raise UsageError(
            "a screen needs a terminal as stdin, stdout and stderr. "
            "Without one: `rockproc-tui run FILE`, `rockproc-tui list`."
        )
    if os.environ.get("TERM") == "dumb":
        raise UsageError("TERM=dumb is a terminal without a cursor to move. `rockproc-tui run FILE` needs none.")
    if options.record is not None:
        writable("--record", options.record, JSON)


def writable(option: str, name: str, begin: bytes) -> None:
    """Raises UsageError unless the file can be written, and is new or of the kind that begins so."""
    path = Path(name)
    try:
        with path.open("ab"):
            pass
        there = b""
        if path.is_file():
            with path.open("rb") as file:
                there = file.read(len(begin))
    except OSError as error:
        raise UsageError(f"{option} {name}: {error.strerror}. Name a file that can be written.") from error
    if there not in (b"", begin):
        raise UsageError(f"{option} {name}: that file is there and holds something else. Name a new one.")
