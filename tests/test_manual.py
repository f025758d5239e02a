"""The manual can be built, every link has a target, and every panel is described."""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rockproc.observer.findings import own_rules
from rockproc.observer.findings.registry import explanations
from rockproc.widgets import panels
from rockproc.widgets.bases.panel import Panel
from textual.widget import Widget

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def test_the_site_can_be_built(tmp_path: Path) -> None:
    """The build is strict: a missing page and a link or an anchor without a target are errors."""
    pytest.importorskip("mkdocs")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site/panels/locks/index.html").exists()


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_every_link_of_a_page_outside_the_site_leads_to_a_file(name: str) -> None:
    links = [link for link in LINK.findall((ROOT / name).read_text()) if "://" not in link]
    assert links
    assert not [link for link in links if not (ROOT / link).exists()]


def test_every_panel_has_a_page_with_a_picture() -> None:
    titles: set[str] = set()
    for module in pkgutil.iter_modules(panels.__path__):
        for found in vars(importlib.import_module(f"{panels.__name__}.{module.name}")).values():
            if isinstance(found, type) and issubclass(found, Widget) and found is not Panel:
                title = getattr(found, "TITLE", None)
                titles |= {title.removeprefix("@ ").removeprefix("b ")} if isinstance(title, str) and title else set()
    pages = {path: path.read_text() for path in (DOCS / "panels").glob("*.md")}
    described = {text.partition("\n")[0].removeprefix("# "): text for text in pages.values()}
    assert titles
    assert titles <= described.keys()
    assert all("](../images/" in described[title] for title in titles)


@pytest.mark.parametrize("rule", [rule.name for rule in own_rules()])
def test_every_rule_is_described(rule: str) -> None:
    """The page has the first line of its explanation, without the full stop."""
    text = explanations()[rule].partition("\n")[0].removesuffix(".")
    table = (DOCS / "panels/findings.md").read_text()
    assert re.search(rf"^\| `{rule}` \|.* {re.escape(text)} \|$", table, re.MULTILINE)
