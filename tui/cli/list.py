"""`rockproc-tui list`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from rockproc.observer.scenarios import catalog
from rockproc.observer.scenarios.catalog import Scenario
from rockproc.widgets.formatting.sanitize import fit, sanitize


def show(*, as_json: bool) -> int:
    scenarios = [*catalog.bundled(), *catalog.found_in(Path.cwd())]
    print(json.dumps([_entry(each) for each in scenarios], indent=2) if as_json else _table(scenarios))
    return 0


def _entry(scenario: Scenario) -> dict[str, Any]:
    return {
        "name": scenario.path.stem,
        "title": scenario.title,
        "group": scenario.group,
        "path": str(scenario.path.resolve()),
        "text": scenario.text,
        "experiments": [{"do": each.do, "see": each.see} for each in scenario.experiments],
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
