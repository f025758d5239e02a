"""Writes `docs/report-schema.json` from the structures of the report: `python docs/report_schema.py`."""

from __future__ import annotations

import json
from pathlib import Path

from rockproc.observer.report.schema import json_schema

PATH = Path(__file__).with_name("report-schema.json")


def text() -> str:
    """Return the JSON Schema as it stands in the file."""
    return json.dumps(json_schema(), indent=2) + "\n"


if __name__ == "__main__":
    PATH.write_text(text())
