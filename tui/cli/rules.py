"""`rockproc-tui rules`: what can be found."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from .options import Options
from .output_files import print_out
from .standard_error import print_error


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `rules`."""
    parser.add_argument("--json", action="store_true", help="as JSON, with the explanations")


def read(parser: argparse.ArgumentParser, words: Sequence[str], options: Options) -> Options:
    """Parse the words behind `rules`. Raises UsageError."""
    return parser.parse_args(words, options)


def execute(options: Options) -> int:
    """Print the name of every rule with the first sentence of its explanation. Raises UsageError."""
    from rockproc.observer.findings.registry import all_rules, explanations, load_errors

    for error in load_errors():
        print_error(f"rockproc-tui: {error}")
    if options.json:
        entries = [
            {
                "name": rule.name,
                "explanation": explanations()[rule.name],
                "template": rule.template,
                "variants": rule.variants,
                "advice": rule.advice,
                "advice_variants": rule.advice_variants,
            }
            for rule in sorted(all_rules(), key=lambda rule: rule.name)
        ]
        print_out([json.dumps(entries, indent=2), "\n"])
        return 0
    width = max(map(len, explanations()))
    lines = {name: explanation.partition("\n")[0] for name, explanation in explanations().items()}
    print_out(f"{name:<{width}}  {line}\n" for name, line in lines.items())
    return 0
