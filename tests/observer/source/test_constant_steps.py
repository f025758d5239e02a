"""Lines that add a constant to an item."""

from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.observer.model import Site
from rockproc.observer.source.constant_steps import constant_step


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("d['n'] += 1", 1),
        ("d['n'] -= 2", -2),
        ("ns.total += 1", 1),
        ("d['n'] = d['n'] + 1", 1),
        ("d['n'] = d.get('n', 0) + 1", 1),
        ("d['n'] = d.get('m', 0) + 1", 0),
        ("d['n'] += x", 0),
        ("d['n'] *= 2", 0),
        ("d['n'] = max(d['n'], 3)", 0),
        ("d['n'] = 3", 0),
        ("d['n'] += 1; d['m'] += 1", 0),
        ("n += 1", 0),
        ("d['n'", 0),
    ],
)
def test_the_constant_that_a_line_adds_is_found(line: str, step: float, tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(f"\n{line}\n")
    assert constant_step(Site(str(script), 2)) == step
    assert constant_step(Site(str(script), 1)) == 0
