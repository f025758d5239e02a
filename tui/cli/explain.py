"""`rockproc-tui explain RULE`: what a rule finds, why that goes wrong, and what to do about it."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence

from .errors import UsageError
from .options import Options
from .output_files import print_out


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
    print_out([f"{name}\n\n{explanations()[name]}\n\n"])
    print_out(f"Finding: {template}\n" for template in (rule.template, *rule.variants))
    print_out(f"Advice:  {advice}\n" for advice in (rule.advice, *rule.advice_variants))
    return 0
