"""Prints the import graph of the project as Markdown: groups, arrows between them, and cycles.

python docs/import_graph.py [CHECKOUT]
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

TOPS = ("probe", "observer", "widgets", "tui")
Graph = dict[str, set[str]]


def module_graph(root: Path) -> Graph:
    """Return which modules each module imports, by dotted names from the root of the project on."""
    files = {_name(path.relative_to(root)): path for top in TOPS for path in sorted((root / top).rglob("*.py"))}
    return {name: set(_imports(name, path, files)) - {name} for name, path in files.items()}


def _name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(name: str, path: Path, files: dict[str, Path]) -> Iterator[str]:
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(
                [*package[: len(package) - node.level + 1], node.module or ""] if node.level else [node.module or ""]
            )
            found = [f"{base.rstrip('.')}.{alias.name}" for alias in node.names]
        else:
            continue
        for imported in found:
            imported = imported.removeprefix("rockproc.")
            if imported in files:
                yield imported
            elif (parent := imported.rpartition(".")[0]) in files:
                yield parent


def grouped(graph: Graph) -> Graph:
    """Return which folders each folder imports."""
    folders = {name: _folder(name, graph) for name in graph}
    groups: Graph = {folder: set() for folder in sorted(set(folders.values()))}
    for name, imported in graph.items():
        groups[folders[name]] |= {folders[name] for name in imported} - {folders[name]}
    return groups


def _folder(name: str, graph: Graph) -> str:
    is_package = any(known.startswith(f"{name}.") for known in graph)
    return name if is_package else name.rpartition(".")[0]


def cycles(graph: Graph) -> list[list[str]]:
    """Return the strongly connected components that have more than one member (Tarjan's algorithm)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            component = [stack.pop()]
            while component[-1] != node:
                component.append(stack.pop())
            if len(component) > 1:
                found.append(sorted(component))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def arrows(graph: Graph) -> int:
    """Return the number of imports in the graph."""
    return sum(len(imported) for imported in graph.values())


def report(graph: Graph) -> Iterable[str]:
    """Yield the lines of the report, in Markdown."""
    groups = grouped(graph)
    yield f"{len(graph)} modules, {arrows(graph)} imports between them, {len(cycles(graph))} cycles"
    yield f"{len(groups)} folders, {arrows(groups)} arrows between them, {len(cycles(groups))} cycles"
    yield from (f"cycle: {', '.join(cycle)}" for cycle in (*cycles(graph), *cycles(groups)))
    yield ""
    yield "| folder | modules | imports |"
    yield "| --- | --- | --- |"
    for folder, imported in groups.items():
        count = sum(_folder(name, graph) == folder for name in graph)
        yield f"| `{folder}` | {count} | {', '.join(f'`{name}`' for name in sorted(imported))} |"


if __name__ == "__main__":
    print(*report(module_graph(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent))), sep="\n")
