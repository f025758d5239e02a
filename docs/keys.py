"""Writes the tables of keys.md from the actions.

python docs/keys.py
"""

from __future__ import annotations

from pathlib import Path

from rockproc.tui.actions.table import ACTIONS
from textual.keys import format_key

PAGE = Path(__file__).with_suffix(".md")
HEADINGS = {
    "catalog": "In the Catalog",
    "processes": "In the Lab, with the focus in Processes",
    "messages": "In the Lab, with the focus in Messages",
    "output": "In the Lab, with the focus in Output",
    "search": "In the Lab, after a search",
    "lab": "In the Lab",
    "everywhere": "Everywhere",
}


def tables() -> str:
    """Return a table of actions for each place in which keys work."""
    lines: list[str] = []
    for scope in dict.fromkeys([*HEADINGS, *(action.scope for action in ACTIONS)]):
        lines += [f"## {HEADINGS.get(scope, scope)}", "", "| action | key | |", "| --- | --- | --- |"]
        for action in ACTIONS:
            if action.scope == scope:
                keys = " ".join(f"`{_shown(key)}`" for key in action.keys.split(","))
                lines.append(f"| `{action.id}` | {keys} | {action.help} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _shown(key: str) -> str:
    shown = format_key(key)
    return shown if len(shown) == 1 and shown.isascii() else key


def page() -> str:
    """Return the page with its present introduction."""
    return PAGE.read_text().partition("\n## ")[0].rstrip() + "\n\n" + tables()


if __name__ == "__main__":
    PAGE.write_text(page())
