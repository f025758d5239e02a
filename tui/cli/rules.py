"""`rockproc-tui rules`: what can be found."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from .options import Options
from .output_files import print_out


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `rules`."""
    parser.add_argument("--json", action="store_true", help="as JSON, with the explanations")


def read(parser: argparse.ArgumentParser, words: Sequence[str], options: Options) -> Options:
    """Parse the words behind `rules`. Raises UsageError."""
    return parser.parse_args(words, options)


def execute(options: Options) -> int:
    """Print the name of every rule with the first sentence of its explanation. Raises UsageError."""
    from rockproc.observer.findings.registry import all_rules

    rules = sorted(all_rules(), key=lambda rule: rule.name)
    if options.json:
        entries = [
            {"name": rule.name, "explanation": rule.explanation, "template": rule.template, "advice": rule.advice}
            for rule in rules
        ]
        print_out([json.dumps(entries, indent=2), "\n"])
        return 0
    width = max(len(rule.name) for rule in rules)
    print_out(f"{rule.name:<{width}}  {_first_line(rule.explanation)}\n" for rule in rules)
    return 0


def _first_line(explanation: str | None) -> str:
    return (explanation or "").strip().partition("\n")[0]
