"""Runs programs under observation, one after the other, as `rockproc-tui run` does: with their own standard streams.

Reads a job a line from stdin (JSON) and answers with a line on stdout.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import rockproc.observer.run.prepared_program
from rockproc.observer.report.data import report
from rockproc.observer.report.schema import to_json
from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.launch import Launch


def observe(job: dict[str, Any]) -> dict[str, Any]:
    os.environ.clear()
    os.environ.update(job["environment"])
    rockproc.observer.run.prepared_program._ENTRY = Path(job["probe"]) / "entry"
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        file = os.open(job[name], os.O_WRONLY | os.O_APPEND)
        os.dup2(file, descriptor, inheritable=True)
        os.close(file)
    run = Run(Launch(**job["launch"]), inherit=True)
    run.start()
    run.ended.wait()
    run.stop()
    return {"status": run.exit_code, "report": to_json(report(run))}


def main() -> None:
    jobs, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0, inheritable=True)
    os.close(null)
    for line in jobs:
        print(json.dumps(observe(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    sys.exit(main())
