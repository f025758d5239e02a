"""`rockproc-tui explain RULE`: what a rule finds, why that goes wrong, what to do, and the smallest program with it."""

from __future__ import annotations

import argparse
import difflib
import shlex
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import UsageError
from .options import Options
from .output_files import print_out

if TYPE_CHECKING:
    from rockproc.observer.findings import Rule

PROGRAMS = Path(__file__).parents[2] / "docs" / "rules"
"""The folder has this place beside `tui/` in a checkout and when it is installed."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `explain`."""
    parser.add_argument("files", nargs=1, metavar="RULE", help="its name, as a finding has it: deadlock")


def read(parser: argparse.ArgumentParser, words: Sequence[str], options: Options) -> Options:
    """Parse the words behind `explain`. Raises UsageError."""
    return parser.parse_args(words, options)


def execute(options: Options) -> int:
    """Print the explanation of a rule. Raises UsageError when there is none of that name."""
    from rockproc.observer.findings.registry import explanations, rule_named

    (name,) = options.files
    rule = rule_named(name)
    if rule is None:
        near = difflib.get_close_matches(name, explanations(), 1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise UsageError(f"there is no rule {name!r}. {hint}`rockproc-tui rules` lists them.")
    name = rule.name  # which is another one if that of an earlier version was given
    print_out([f"{name}\n\n{explanations()[name]}\n"])
    failing, fixed = PROGRAMS / f"{name}.py", PROGRAMS / f"{name}_fixed.py"
    print_out(_programs(failing, fixed) if failing.exists() and fixed.exists() else _advice(rule))
    return 0


def _programs(failing: Path, fixed: Path) -> Iterator[str]:
    """Yield both programs, with the commands that check them."""
    for title, program in (("A program with this problem", failing), ("The repaired program", fixed)):
        code = textwrap.indent(program.read_text(encoding="utf-8").strip(), "    ")
        yield f"\n{title}: rockproc-tui check {shlex.quote(str(program))}\n\n{code}\n"


def _advice(rule: Rule) -> Iterator[str]:
    """Yield each advice that names nothing of a program."""
    for advice in (rule.advice, *rule.advice_variants):
        if advice and "{" not in advice:
            yield "\n" + textwrap.fill(f"{advice}.", 120) + "\n"
