"""Imports point one way: tui → widgets → observer → probe. Only code that draws imports textual."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Set
from functools import cache
from pathlib import Path

import pytest
from rockproc.tui.screens import lazy_imports

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "probe": set[str](),
    "observer": {"probe"},
    "widgets": {"observer"},
    "tui": {"widgets", "observer"},
    "scenarios": set[str](),
}
FOLDERS = sorted(MAY_IMPORT)
PARTS = {
    "observer.model": set[str](),
    "observer.decoding": set[str](),
    "observer.source": {"model"},
    "observer.journals": {"kernel"},
    "observer.kernel": {"model", "source"},
    "observer.attach": {"model", "kernel", "decoding", "source"},
    "observer.scenarios": {"model", "source"},
    "observer.trackers": {"model", "journals", "kernel", "decoding", "source"},
    "observer.findings": {"model"},
    "observer.report": {"model", "decoding", "scenarios"},
    "observer.keeper": {"model", "kernel"},
    "observer.recording": {"model", "kernel", "scenarios"},
    "observer.exports": {"model", "decoding", "recording", "report"},
    "observer.run": {"model", "journals", "kernel", "decoding", "source", "trackers", "findings", "keeper", "recording"}
    | {"attach", "scenarios"},
    "widgets.formatting": set[str](),
    "widgets.bases": {"formatting"},
    "widgets.panels": {"bases", "formatting"},
}
"""The neighbouring folders from which each folder may import. All may import `observer.log`."""
OURS = ("probe", "observer", "widgets", "tui")
KNOWN_CYCLES_OF_FOLDERS = {
    frozenset({"probe", "probe.copies", "probe.taps"}),
}
"""See docs/architecture.md. No other folder may come into a cycle."""


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@cache
def imports(path: Path) -> list[ast.Import | ast.ImportFrom]:
    """Return the import statements of a module."""
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, (ast.Import, ast.ImportFrom))]


def imported(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, by dotted name; ours start at the root of the project."""
    package = path.relative_to(ROOT).parts[:-1]
    for node in imports(path):
        if isinstance(node, ast.Import):
            yield from (alias.name.removeprefix("rockproc.") for alias in node.names)
        elif node.level:
            base = package[: len(package) - node.level + 1]
            if node.module:
                yield ".".join([*base, node.module])
            else:
                yield from (".".join([*base, alias.name]) for alias in node.names)
        else:
            yield (node.module or "").removeprefix("rockproc.")


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported_modules(path: Path, known: Set[str]) -> Iterator[str]:
    """Yield our modules that a module imports, including those that only a type checker sees."""
    package = path.relative_to(ROOT).parts[:-1]
    for node in imports(path):
        if isinstance(node, ast.ImportFrom):
            own = [*package[: len(package) - node.level + 1]] if node.level else []
            base = ".".join([*own, *([node.module.removeprefix("rockproc.")] if node.module else [])])
            names = {f"{base}.{alias.name}" for alias in node.names}
            yield from names & known or {base} & known


def cycles(arrows: Mapping[str, Set[str]]) -> set[frozenset[str]]:
    """Return the strongly connected components of more than one module."""
    reached: dict[str, set[str]] = {}
    for start in arrows:
        found, left = set[str](), [start]
        while left:
            for name in arrows[left.pop()] - found:
                found.add(name)
                left.append(name)
        reached[start] = found
    return {
        frozenset(other for other in reached[name] if name in reached[other])
        for name in arrows
        if name in reached[name]
    }


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_imports_only_lower_folders(folder: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(folder)
        for name in imported(path)
        if (top := name.partition(".")[0]) in MAY_IMPORT and top not in MAY_IMPORT[folder] | {folder}
    ]
    assert not wrong


@pytest.mark.parametrize("part", sorted(PARTS))
def test_a_part_imports_only_the_neighbours_that_it_may(part: str) -> None:
    top, _, name = part.partition(".")
    wrong = [
        f"{path.relative_to(ROOT)} imports {found}"
        for path in modules(part.replace(".", "/"))
        for found in imported(path)
        if found.startswith(f"{top}.") and found.split(".")[1] not in PARTS[part] | {name, "log"}
    ]
    assert not wrong


@pytest.mark.parametrize("part", sorted(name for name in PARTS if name.startswith("observer.")))
def test_the_architecture_page_names_these_imports(part: str) -> None:
    page = (ROOT / "docs/architecture.md").read_text()
    row = re.search(rf"^\| `{part.replace('.', '/')}/` \|.*\| ([^|]+) \|$", page, re.MULTILINE)
    assert row is not None
    of_probe = {"probe"} if any(name.startswith("probe") for path in modules(part.replace(".", "/"))
                                for name in imported(path)) else set[str]()  # fmt: skip
    assert set(re.findall(r"`(\w+)`", row[1])) == PARTS[part] | of_probe


def test_every_part_has_a_rule() -> None:
    folders = {
        ".".join(path.parent.relative_to(ROOT).parts) for top in ("observer", "widgets") for path in modules(top)
    }
    assert folders - {"observer", "widgets"} == PARTS.keys()


@pytest.mark.parametrize("folder", ["probe", "observer", "scenarios"])
def test_only_widgets_and_tui_import_textual(folder: str) -> None:
    wrong = [
        path for path in modules(folder) if {"textual", "rich"} & {name.partition(".")[0] for name in imported(path)}
    ]
    assert not wrong


@pytest.mark.parametrize("folder", ["probe", "scenarios"])
def test_probe_and_scenarios_import_only_the_standard_library(folder: str) -> None:
    # `typing_extensions` is only for the type checker, below `if TYPE_CHECKING`.
    own = {"probe", "_rockproc_probe", "sitecustomize", "typing_extensions"} if folder == "probe" else set[str]()
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(folder)
        for name in imported(path)
        if name.partition(".")[0] not in sys.stdlib_module_names | own
    ]
    assert not wrong


@pytest.mark.parametrize("folder", ["probe", "scenarios"])
def test_probe_and_scenarios_have_the_syntax_of_python_3_8(folder: str) -> None:
    for path in modules(folder):
        ast.parse(path.read_text(), feature_version=(3, 8))


def test_no_modules_import_each_other_in_a_cycle() -> None:
    known = {module_name(path): path for top in OURS for path in modules(top)}
    arrows = {name: {found for found in imported_modules(path, known.keys()) if found != name}
              for name, path in known.items()}  # fmt: skip
    assert not cycles(arrows)


def test_no_other_folders_import_each_other_in_a_cycle() -> None:
    known = {module_name(path): path for top in OURS for path in modules(top)}
    folders = {name: ".".join(path.relative_to(ROOT).parts[:-1]) for name, path in known.items()}
    arrows: dict[str, set[str]] = {folder: set() for folder in folders.values()}
    for name, path in known.items():
        arrows[folders[name]] |= {folders[found] for found in imported_modules(path, known.keys())} - {folders[name]}
    for cycle in cycles(arrows):
        assert any(cycle <= allowed for allowed in KNOWN_CYCLES_OF_FOLDERS)


def test_screens_import_neither_the_app_nor_the_command_line() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for part in ("screens", "dialogs", "run", "actions", "settings", "runtime", "screencasts")
        for path in modules(f"tui/{part}")
        for name in imported(path)
        if name.startswith(("tui.app", "tui.cli"))
    ]
    assert not wrong


def test_every_package_folder_is_installed() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    listed = set(settings["tool"]["setuptools"]["packages"])
    found = {
        "rockproc." + ".".join(path.parent.relative_to(ROOT).parts)
        for folder in FOLDERS
        for path in modules(folder)
        if "__pycache__" not in path.parts
    }
    assert found | {"rockproc.docs.rules"} == listed, "explain prints the programs of docs/rules"


def output_of(code: str) -> str:
    """Return what another Python prints that executes this code."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_the_catalog_is_shown_before_modules_of_the_lab_are_imported() -> None:
    code = "import sys, rockproc.tui.cli.main, rockproc.tui.app.start; print(*sys.modules)"
    loaded = set(output_of(code).split())
    put_off = {
        f"rockproc.{name}"
        for name in ("observer.model.world", "observer.run.run", "observer.recording", "tui.screens.lab")
    }
    assert "rockproc.tui.screens.catalog" in loaded
    assert not loaded & {*put_off, "textual.widgets._markdown", "markdown_it", "pygments.lexers", "psutil"}


def test_a_command_without_a_screen_imports_nothing_that_it_does_not_need() -> None:
    code = (
        "import sys, rockproc.tui.runtime.light_imports as light; light.import_msgspec();"
        "import rockproc.tui.cli.main, rockproc.tui.cli.run, rockproc.tui.cli.check, rockproc.tui.cli.headless;"
        "import rockproc.observer.run.run, rockproc.observer.report.data, rockproc.observer.report.text;"
        "print(*sys.modules)"
    )
    loaded = set(output_of(code).split())
    assert "rockproc.observer.model.world" in loaded
    needless = {"typing_extensions", "dataclasses", "inspect", "ctypes", "json", "psutil", "rich", "textual"}
    needless |= {"ast", "logging", "platformdirs", "shutil", "socket", "tempfile"}
    if sys.version_info >= (3, 14):
        needless -= {"ast"}  # what `typing` needs for annotations imports it there
    assert not loaded & needless
    rules = {name for name in loaded if name.startswith("rockproc.observer.findings.")}
    assert not {f"rockproc.observer.findings.{name}" for name in ("deadlock", "lock_order", "zombie")} & rules


def test_msgspec_is_whole_after_its_light_import() -> None:
    code = (
        "import sys, rockproc.tui.runtime.light_imports as light; light.import_msgspec(); import msgspec;"
        "import msgspec.inspect, uuid, decimal; msgspec.inspect.type_info(int);"
        "print(uuid.UUID(int=1), decimal.Decimal(1), msgspec.json.decode(b'[1]'))"
    )
    assert output_of(code) == "00000000-0000-0000-0000-000000000001 1 [1]\n"


def test_msgspec_is_imported_as_usual_where_it_needs_more() -> None:
    code = (
        "import sys, types, rockproc.tui.runtime.light_imports as light;"
        "light._stand_ins = lambda: {'msgspec._json_schema': types.ModuleType('schema')}; light.import_msgspec();"
        "import msgspec, uuid; print(msgspec.convert(str(uuid.UUID(int=1)), uuid.UUID))"
    )
    assert output_of(code) == "00000000-0000-0000-0000-000000000001\n"


def test_lazily_imported_names_exist() -> None:
    lazy_imports.import_all()
    assert all(callable(getattr(lazy_imports, name)) for name in lazy_imports.__all__)
    with pytest.raises(AttributeError):
        _ = lazy_imports.Nothing  # pyright: ignore[reportAttributeAccessIssue]
