"""The scenarios that can be run, and the metadata in their files, which are read as text and never imported."""

from __future__ import annotations

import ast
import errno
import io
import re
import stat
import tokenize
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import msgspec

from ..source.parsing import parse
from .launch import Launch
from .steps import unknown

GROUPS = ("create", "communicate", "share", "coordinate", "scale", "break", "other", "yours")
"""The groups in the order of the Catalog, which lists running programs above them; see `run.running_programs`."""

_MAIN = "__main__.py"
_BUNDLED = Path(__file__).parents[2] / "scenarios"
MAX_BYTES = 1_000_000
MAX_FOUND = 200
MAX_LOOKED_AT = 2_000

# The block of PEP 723, in the words of its reference implementation.
_BLOCK = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")


class Step(msgspec.Struct, frozen=True):
    """Something to try, and the condition that shows that it has happened."""

    do: str
    see: dict[str, object] = msgspec.field(default_factory=dict[str, object])


class Scenario(msgspec.Struct, frozen=True):
    path: Path
    title: str
    group: str = "other"
    order: int = 1000
    text: str = ""
    """The docstring, Markdown."""
    source: str = ""
    steps: tuple[Step, ...] = ()
    requires: str = ""
    """`requires-python` of its inline metadata."""
    error: str | None = None
    """The reason why it cannot run, or the problem with its metadata."""
    runnable: bool = True
    """False where Python would refuse the file."""

    @property
    def steps_key(self) -> tuple[str, ...]:
        """Under this key is kept which steps were seen. An edited copy has the same steps as the bundled scenario."""
        return (self.path.name, *(step.do for step in self.steps))

    @property
    def code(self) -> Path:
        """The file with the source: of a folder or an archive of Python's, the `__main__.py` in it."""
        return self.path / _MAIN if _holds_main(self.path) else self.path


def bundled() -> list[Scenario]:
    """Our own scenarios, in the order of the Catalog."""
    return _sorted(load(path) for path in _scripts(_BUNDLED))


def is_bundled(path: Path) -> bool:
    """Return True for a file that was installed with rockproc-tui."""
    return _same(path.parent, _BUNDLED)


def found_in(folder: Path) -> list[Scenario]:
    """Return the user's own files in `folder` that use multiprocessing or concurrent.futures."""
    if _same(folder, _BUNDLED):
        return []
    scenarios: list[Scenario] = []
    for count, path in enumerate(_scripts(folder)):
        if count >= MAX_LOOKED_AT or len(scenarios) >= MAX_FOUND:
            break
        if _uses_processes(path):
            scenarios.append(load(path, group="yours"))
    return _sorted(scenarios)


def working_directory() -> Path:
    """Return the working directory, or "." where it has been removed: then it holds nothing."""
    try:
        return Path.cwd()
    except OSError:
        return Path()


def find(name: str) -> Scenario | None:
    """Return a bundled scenario by the name of its file, with or without `.py`."""
    stem = name.removesuffix(".py")
    if not stem.replace("_", "").replace("-", "").isalnum():
        return None
    path = _BUNDLED / f"{stem.replace('-', '_')}.py"
    return load(path) if path.is_file() else None


def scenario_of(launch: Launch) -> Scenario:
    """Return the scenario of a program that was named on the command line, or that is running already."""
    if launch.module:
        return Scenario(Path(launch.script), launch.script, "yours")
    return load((Path(launch.folder or "") / launch.script).absolute(), group="yours")


def load(path: Path, group: str | None = None) -> Scenario:
    """Return the scenario that a file describes; any problem with the file is in `error`. Raises nothing."""
    name = path.name
    try:
        data = _data(path)
    except IsADirectoryError:
        return Scenario(path, name, group or "other", error="is a folder without a __main__.py", runnable=False)
    except OSError as error:
        reason = getattr(error, "strerror", None) or str(error)
        return Scenario(path, name, group or "other", error=reason, runnable=False)
    if data is None:
        return Scenario(path, name, group or "other", text="The file is larger than 1 MB and is not shown.")
    try:
        source = _decode(data)
    except (SyntaxError, UnicodeError, ValueError) as error:
        reason = f"is not text that Python can read: {error}"
        return Scenario(path, name, group or "other", error=reason, runnable=False)
    return read(path, source, group)


def _data(path: Path) -> bytes | None:
    """Return the source that Python would run; None where it is too large to be shown."""
    code = path / _MAIN if _holds_main(path) else path
    if code is not path and path.is_file():
        from .archive import read_main

        return read_main(path, MAX_BYTES)
    status = code.stat()
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        raise OSError(errno.EINVAL, "is a pipe or a device, and no file")  # to read it might wait forever
    return code.read_bytes() if status.st_size <= MAX_BYTES else None


def _holds_main(path: Path) -> bool:
    """Return whether it is a folder or a zip archive that Python can run. A file named as a script is not opened."""
    if path.suffix == ".py":
        return False
    try:
        if path.is_dir():
            return (path / _MAIN).is_file()
        if not path.is_file():
            return False
    except (OSError, ValueError):
        return False
    from .archive import holds_main

    return holds_main(path)


def text_of(path: Path) -> str:
    """Return the source alone; empty if it cannot be read."""
    try:
        return _decode(_data(path) or b"")
    except (OSError, SyntaxError, ValueError):
        return ""


def read(path: Path, source: str, group: str | None = None) -> Scenario:
    """Return the scenario that a file describes, as `load` does, from its source."""
    error: str | None = None
    text, runnable = "", True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            text = ast.get_docstring(parse(source)) or ""
    except SyntaxError as problem:
        error, runnable = f"line {problem.lineno}: {problem.msg}", False
    except (ValueError, RecursionError, MemoryError) as problem:
        error, runnable = f"is not Python: {problem}", False
    try:
        block = metadata(source)
    except ValueError as problem:
        block = {}
        error = error or f"its inline metadata was left out: {problem}"
    table = _table(_table(block.get("tool")).get("rockproc"))
    steps = tuple(_steps(table.get("try")))
    for number, step in enumerate(steps, 1):
        for word in unknown(step.see):
            error = error or f"its step {number} is never ticked off: see has no word {word} there"
    named = str(table.get("group", "other")).lower()
    order = table.get("order")
    return Scenario(
        path=path,
        title=str(table.get("title") or path.name),
        group=group or (named if named in GROUPS else "other"),
        order=order if isinstance(order, int) else 1000,
        text=text,
        source=source,
        steps=steps,
        requires=str(block.get("requires-python", "")),
        error=error,
        runnable=runnable,
    )


def metadata(source: str) -> dict[str, Any]:
    """Return the `script` block of PEP 723 as a table; empty without one. Raises ValueError when it is broken."""
    blocks = [match for match in _BLOCK.finditer(source) if match["type"] == "script"]
    if not blocks:
        return {}
    if len(blocks) > 1:
        raise ValueError("more than one script block")
    import tomllib  # takes long to import, and few programs have such a block

    lines = blocks[0]["content"].splitlines()
    return tomllib.loads("\n".join(line[2:] if line.startswith("# ") else line[1:] for line in lines))


def _steps(entries: object) -> Iterator[Step]:
    for entry in cast("list[object]", entries) if isinstance(entries, list) else ():
        table = _table(entry)
        if do := table.get("do"):
            yield Step(str(do), _table(table.get("see")))


def _table(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _scripts(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.glob("*.py") if not path.name.startswith((".", "__")))
    except OSError:
        return []


def _uses_processes(path: Path) -> bool:
    try:
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            return False
        data = path.read_bytes()
    except OSError:
        return False
    return b"multiprocessing" in data or b"concurrent.futures" in data


def _decode(data: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return io.TextIOWrapper(io.BytesIO(data), encoding).read()


def _same(one: Path, other: Path) -> bool:
    try:
        return one.resolve() == other.resolve()
    except OSError:
        return False


def _sorted(scenarios: Iterator[Scenario] | list[Scenario]) -> list[Scenario]:
    return sorted(
        scenarios, key=lambda scenario: (GROUPS.index(scenario.group), scenario.order, scenario.title.lower())
    )
