"""Finds out what to run for the FILE of a command line: a script, a module, a bundled scenario or a console script."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

from rockproc.observer.scenarios.launch import Launch

from .errors import UsageError
from .options import Options

MAX_FIRST_LINES_BYTES = 1024
"""A console script names its interpreter in its first two lines."""
MAX_COMPILED_BYTES = 100_000
"""The size up to which it is soonest to compile a script to see that it can be run."""


def launch_of(options: Options, name: str, args: tuple[str, ...] = (), *, checks_syntax: bool = True) -> Launch:
    """Return the launch of one FILE, or of `-m MODULE`.

    Args:
        options: the options that say how it is run.
        name: the FILE, or with `options.module` a module's name.
        args: the program's own arguments.
        checks_syntax: refuse a file that Python could not compile. Otherwise that is left to Python.

    Raises:
        UsageError: there is nothing of that name that could run.
    """
    script, python = (name, None) if options.module else _script(name, options, checks_syntax=checks_syntax)
    return Launch(
        script=script,
        args=args,
        python=python if python is not None and options.python is None else interpreter(options.python),
        start_method=options.start_method,
        module=options.module,
        detail=options.detail,
        follow=options.follow,
        strict=options.strict,
    )


def _script(name: str, options: Options, *, checks_syntax: bool) -> tuple[str, str | None]:
    """Return the path of the script, and its interpreter where the script itself names one."""
    path = Path(name)
    if _compiles(path):
        return str(path), None
    from rockproc.observer.scenarios import catalog  # which imports the parsers that tell what is wrong with a file

    if not path.exists():
        bundled = catalog.find(name)
        if bundled is not None:
            return str(bundled.path), None
        console = _console_script(name)
        if console is not None:
            return console
        raise UsageError(f"{name}: no such file. Check the path; `rockproc-tui list` shows the bundled scenarios.")
    scenario = catalog.load(path)
    if path.is_dir() and not scenario.runnable:
        raise UsageError(f"{name} {scenario.error}. Name a Python file in it, or use -m MODULE.")
    # Another interpreter may know another syntax, so it has the last word.
    refused = not scenario.runnable and (options.python is None or not scenario.source)
    if refused and (checks_syntax or not scenario.source):
        raise UsageError(f"{name}: {_one_line(scenario.error)}. Correct that, or name another Python file.")
    return str(path), None


def _compiles(path: Path) -> bool:
    """Return True for a file of moderate size that is named as a Python script, and is one for our own Python."""
    try:
        if path.suffix != ".py" or not path.is_file() or path.stat().st_size > MAX_COMPILED_BYTES:
            return False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _console_script(name: str) -> tuple[str, str] | None:
    """Return the path and the interpreter of a Python program on PATH; None when there is no program of that name."""
    if os.sep in name or name.startswith("."):
        return None
    import shutil

    found = shutil.which(name)
    if found is None:
        return None
    try:
        with Path(found).open("rb") as file:
            lines = file.read(MAX_FIRST_LINES_BYTES).decode(errors="replace").splitlines()
    except OSError as error:
        raise UsageError(f"{found}: {error.strerror}. Name a Python file.") from error
    python = _interpreter_of(lines)
    if python is None:
        raise UsageError(f"{found} is not a Python script. Name a Python file, or use -m MODULE.")
    return found, python


def _interpreter_of(lines: list[str]) -> str | None:
    """Return the Python that the first lines of a script name; None when they name none."""
    if not lines or not lines[0].startswith("#!"):
        return None
    import shlex
    import shutil

    try:
        words = shlex.split(lines[0][2:])
        if words and Path(words[0]).name == "sh" and len(lines) > 1 and lines[1].startswith("'''exec'"):
            # pip writes this for interpreters whose path is too long for a first line.
            words = shlex.split(lines[1].removeprefix("'''exec'"))
    except ValueError:
        return None
    if words and Path(words[0]).name == "env":
        words = [word for word in words[1:] if not word.startswith("-")]
    if not words or not Path(words[0]).name.startswith(("python", "pypy")):
        return None
    return shutil.which(words[0])


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split()).rstrip(".")


def interpreter(python: str | None) -> str:
    """Return the absolute path of the interpreter for `--python PATH`, or of the default one. Raises UsageError."""
    if python is None:
        return _active() or sys.executable
    import shutil

    # A Path would turn ./python into the python of PATH.
    found = shutil.which(os.path.expanduser(python))  # noqa: PTH111 (Path.expanduser raises for an unknown user)
    if found is None:
        raise UsageError(f"--python {python}: no such program. Give the path of a Python interpreter.")
    # Not resolved: through its link, the interpreter of a virtual environment would not know where it is.
    return os.path.abspath(found)  # noqa: PTH100


def _active() -> str | None:
    """Return the interpreter of the virtual environment that the user works in, unless it is ours."""
    folder = os.environ.get("VIRTUAL_ENV")
    if not folder or Path(folder).resolve() == Path(sys.prefix).resolve():
        return None
    python = Path(folder) / "bin" / "python"
    return str(python) if python.is_file() and os.access(python, os.X_OK) else None
