"""`rockproc-tui list`: the scenarios."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from typing import Any

from rockproc.observer.scenarios import catalog
from rockproc.observer.scenarios.catalog import Scenario
from rockproc.widgets.formatting.sanitize import fit, sanitize

from .options import Options
from .output_files import print_out


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `list`."""
    parser.add_argument("--json", action="store_true", help="as JSON")


def read(parser: argparse.ArgumentParser, words: Sequence[str], options: Options) -> Options:
    """Parse the words behind `list`. Raises UsageError."""
    return parser.parse_args(words, options)


def execute(options: Options) -> int:
    """Print the bundled scenarios, and those of the working directory. Raises UsageError."""
    scenarios = [*catalog.bundled(), *catalog.found_in(catalog.working_directory())]
    text = json.dumps([_entry(scenario) for scenario in scenarios], indent=2) if options.json else _table(scenarios)
    print_out([text, "\n"])
    return 0


def _entry(scenario: Scenario) -> dict[str, Any]:
    return {
        "name": scenario.path.stem,
        "title": scenario.title,
        "group": scenario.group,
        "path": str(scenario.path.resolve()),
        "text": scenario.text,
        "experiments": [{"do": step.do, "see": step.see} for step in scenario.steps],
        "requires_python": scenario.requires or None,
        "error": scenario.error,
    }


def _table(scenarios: list[Scenario]) -> str:
    if not scenarios:
        return "No scenario was found."
    lines: list[str] = []
    for group in catalog.GROUPS:
        members = [scenario for scenario in scenarios if scenario.group == group]
        if members:
            lines += ["", "YOURS  ./" if group == "yours" else group.upper()] if lines else [group.upper()]
        for scenario in members:
            name = scenario.path.stem if group != "yours" else os.path.relpath(scenario.path)
            problem = f"  ✗ {sanitize(scenario.error)}" if scenario.error else ""
            lines.append(f"  {fit(sanitize(name), max(22, len(name)))}  {sanitize(scenario.title)}{problem}")
    return "\n".join(lines)
