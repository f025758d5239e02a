"""The order in which processes are shown."""

from __future__ import annotations

from .world import Process


def in_tree_order(processes: list[Process]) -> list[Process]:
    """Return the processes with parents before their children, and siblings in the order of their creation."""
    by_pid: dict[int, Process] = {}
    for process in processes:
        if process.pid is not None:
            by_pid[process.pid] = process
    children: dict[int | None, list[Process]] = {}
    for process in processes:
        parent = by_pid.get(process.parent) if process.parent is not None else None
        children.setdefault(None if parent is None or parent is process else parent.key, []).append(process)
    ordered: list[Process] = []
    seen: set[int] = set()

    def visit(key: int | None) -> None:
        for process in sorted(children.get(key, []), key=lambda process: process.created or 0.0):
            if process.key not in seen:
                seen.add(process.key)
                ordered.append(process)
                visit(process.key)

    visit(None)
    ordered.extend(process for process in processes if process.key not in seen)
    return ordered
