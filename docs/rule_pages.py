"""Adds a page for each rule to the manual while it is built: a hook of mkdocs, named in `mkdocs.yml`.

A page has the explanation and the programs that `rockproc-tui explain RULE` prints, and the texts of the findings. The
programs `docs/rules/RULE.py` and `docs/rules/RULE_fixed.py` are the smallest one that has the problem, and its repaired
twin.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rockproc.observer.findings.registry import explanations, rule_named

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

FOLDER = Path(__file__).parent / "rules"
WITHOUT_PROGRAM = ("failed-tap", "internal-error", "lost-track", "not-observed")
"""Rules about the observation itself, which no use of multiprocessing causes."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages to those that mkdocs has found."""
    from mkdocs.structure.files import File

    for name, text in pages():
        files.append(File.generated(config, f"rules/{name}", content=text))
    return files


def pages() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every page."""
    yield "index.md", _index()
    for name in explanations():
        yield f"{name}.md", _page(name)


def _page(name: str) -> str:
    rule = rule_named(name)
    assert rule is not None
    parts = [f"# `{name}`", explanations()[name]]
    parts += ["The finding, with names of the program in place of the words in braces:"]
    parts += [f"> {template}" for template in (rule.template, *rule.variants)]
    parts += ["The advice:"]
    parts += [f"> {advice}" for advice in (rule.advice, *rule.advice_variants)]
    failing, fixed = (FOLDER / f"{name}{suffix}.py" for suffix in ("", "_fixed"))
    if failing.exists():
        parts += ["## A program with this problem", f"```python\n{failing.read_text()}```"]
        parts += ["## The repaired program", f"```python\n{fixed.read_text()}```"]
    return "\n\n".join(parts) + "\n"


def _index() -> str:
    lines = ["# Rules", "", "What can be found. `rockproc-tui explain RULE` prints the text of a rule.", ""]
    lines += ["| rule | what has happened |", "| --- | --- |"]
    for name, explanation in explanations().items():
        lines.append(f"| [`{name}`]({name}.md) | {explanation.partition(chr(10))[0]} |")
    lines += ["", "How often each rule is right is measured in [How often findings are right](../truth.md)."]
    return "\n".join(lines) + "\n"
