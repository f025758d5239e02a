"""Writes a page for each rule, with the smallest program that has its problem and the repaired twin.

python docs/rule_pages.py [FOLDER]

The text is the explanation that `rockproc-tui explain RULE` prints; the programs are `docs/rules/RULE.py` and
`docs/rules/RULE_fixed.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from rockproc.observer.findings.registry import explanations, rule_named

FOLDER = Path(__file__).parent / "rules"
WITHOUT_PROGRAM = ("failed-tap", "lost-track", "not-observed", "rockproc")
"""Rules about the observation itself. No correct use of multiprocessing brings these about."""


def page(name: str) -> str:
    """Return the page of one rule."""
    rule = rule_named(name)
    assert rule is not None
    parts = [f"# `{name}`", explanations()[name]]
    if rule.name == name and rule.has_template:
        parts += [
            f"Text of the finding, with names of the program in place of the words in braces:\n\n> {rule.template}",
            f"Advice:\n\n> {rule.advice}",
        ]
    if name not in WITHOUT_PROGRAM:
        failing, fixed = (FOLDER / f"{name}{suffix}.py" for suffix in ("", "_fixed"))
        parts += [
            "## A program with this problem",
            f"```python\n{failing.read_text()}```",
            "## The repaired program",
            f"```python\n{fixed.read_text()}```",
        ]
    return "\n\n".join(parts) + "\n"


def index() -> str:
    """Return the page that lists all rules."""
    lines = ["# Rules", "", "What can be found. `rockproc-tui explain RULE` prints the text of a rule.", ""]
    lines += ["| rule | what has happened |", "| --- | --- |"]
    for name, explanation in sorted(explanations().items()):
        lines.append(f"| [`{name}`]({name}.md) | {explanation.partition(chr(10))[0]} |")
    lines += ["", "How often each rule is right is measured in [How often findings are right](../truth.md)."]
    return "\n".join(lines) + "\n"


def pages() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every file."""
    yield "index.md", index()
    for name in explanations():
        yield f"{name}.md", page(name)


def main() -> None:
    """Write the pages."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for name, text in pages():
        (folder / name).write_text(text)


if __name__ == "__main__":
    main()
