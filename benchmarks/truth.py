"""Counts hits and false alarms of each rule, and measures what the rules cost.

python -m benchmarks.truth [--runs 20] [--rules RULE…] [--keep-cost] [--output docs/truth.md]

Each program `docs/rules/RULE.py` has the problem that its rule finds, and `RULE_fixed.py` is its repaired twin. Both
are checked `--runs` times by `rockproc-tui check`. A hit is a run of the first one with a finding of the rule; a false
alarm is a run of the twin with any finding, of any rule and severity. The file is written anew after each round. With
`--rules`, the rows of the other rules stay as they are in the file, each with the commit at which it was measured.
With `--keep-cost`, the costs stay as they are in the file: to measure them, the machine must do little else.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from rockproc.observer.findings import FindingTracker
from rockproc.observer.findings.rule import Facts, Rule
from rockproc.observer.model import Finding
from rockproc.observer.run.observer import Observer
from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.launch import Launch

ROOT = Path(__file__).parents[1]
PROGRAMS = ROOT / "docs" / "rules"
CROWD = ROOT / "benchmarks" / "programs" / "busy_crowd.py"
LIMIT_SECONDS = 25
"""The time limit of one check: a suspected finding that still holds then is reported."""
BUSY_SECONDS = 300
"""The longest time that one check may take, also on a busy machine."""
RECORDS_PER_SECOND = 100_000
"""The rate for which the cost is given."""
MEASURED_SECONDS = 20.0
LARGEST_MEMORY_BYTES = 500_000_000
"""The memory at which the measurement of the cost ends: the observer then does not keep up with the program."""


@dataclass
class Row:
    """The result for one rule."""

    rule: str
    runs: int = 0
    hits: int = 0
    alarms: int = 0
    others: Counter[str] = field(default_factory=Counter[str])
    """Findings by other rules about the twin, by rule."""


@dataclass
class Cost:
    """The CPU time of the observer's thread while it observes a busy program."""

    seconds: float = 0.0
    reading: float = 0.0
    """Seconds of CPU in which records were read and applied."""
    records: int = 0
    finding: float = 0.0
    """Seconds of CPU in which findings were searched for, including what all rules share."""
    rules: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Seconds of CPU by rule; what the rules share is in none of them."""

    def share(self, seconds: float) -> float:
        """Return the share of the observer's time at `RECORDS_PER_SECOND` that so many seconds of finding have."""
        reading = self.reading / max(self.records, 1) * RECORDS_PER_SECOND * self.seconds
        return seconds / (reading + self.finding)


def findings(program: Path) -> list[str]:
    """Return the rules that `check` reports for a program."""
    with tempfile.TemporaryDirectory(prefix="truth-") as folder:
        sarif = Path(folder) / "findings.sarif"
        command = [
            sys.executable,
            "-m",
            "rockproc.tui",
            "check",
            "--timeout",
            str(LIMIT_SECONDS),
            "--sarif",
            str(sarif),
        ]
        subprocess.run([*command, str(program)], capture_output=True, timeout=BUSY_SECONDS, check=False)
        results = json.loads(sarif.read_text())["runs"][0]["results"]
    return [result["ruleId"] for result in results]


def try_once(row: Row) -> None:
    """Check the program of a rule and its twin once."""
    row.runs += 1
    row.hits += row.rule in findings(PROGRAMS / f"{row.rule}.py")
    blamed = findings(PROGRAMS / f"{row.rule}_fixed.py")
    row.alarms += bool(blamed)
    row.others.update(blamed)


def cost() -> Cost:
    """Observe a program of two hundred processes, and measure where the observer's time goes."""
    found = Cost()
    read, find, ask = Observer.read, Observer.find, FindingTracker._ask  # pyright: ignore[reportPrivateUsage]

    def measured_read(self: Observer, now: int, *, settled: bool = False) -> int:
        began = time.thread_time()
        count = read(self, now, settled=settled)
        found.reading += time.thread_time() - began
        found.records += count
        return count

    def measured_find(self: Observer) -> None:
        began = time.thread_time()
        find(self)
        found.finding += time.thread_time() - began

    def measured_ask(self: FindingTracker, rule: Rule, facts: Facts) -> list[Finding]:
        began = time.thread_time()
        result = ask(self, rule, facts)
        found.rules[rule.name] += time.thread_time() - began
        return result

    run = Run(Launch(str(CROWD), (str(RECORDS_PER_SECOND),), detail="full"))
    run.start()
    try:
        run.main_ended.wait(MEASURED_SECONDS / 2)  # until all processes have started
        Observer.read, Observer.find = measured_read, measured_find
        FindingTracker._ask = measured_ask  # pyright: ignore[reportPrivateUsage]
        began = time.monotonic()
        while not run.main_ended.wait(0.5) and time.monotonic() - began < MEASURED_SECONDS:
            if psutil.Process().memory_info().rss > LARGEST_MEMORY_BYTES:
                break
        found.seconds = time.monotonic() - began
    finally:
        Observer.read, Observer.find = read, find
        FindingTracker._ask = ask  # pyright: ignore[reportPrivateUsage]
        run.stop()
    if not found.records or not found.finding:
        sys.exit("The machine is too busy to measure the cost: use --keep-cost.")
    return found


_ROW = re.compile(r"\| \[`([\w-]+)`\].*? \| (.*?) \| (.*?) \| (.*?) \| `(\w+)` \|")


def kept(path: Path, without: Collection[str]) -> dict[str, tuple[str, str, str]]:
    """Return hits, false alarms and commit of the rules that the page has and that are not measured now."""
    if not path.exists():
        return {}
    found = {row[1]: (row[2], row[3], row[5]) for row in _ROW.finditer(path.read_text())}
    return {rule: cells for rule, cells in found.items() if rule not in without}


def known_costs(path: Path) -> tuple[dict[str, str], str]:
    """Return the cost of each rule in the page, as text, and the paragraph that says how it was measured.

    Raises OSError if there is no page.
    """
    text = path.read_text()
    return {row[1]: row[4] for row in _ROW.finditer(text)}, text.strip().rpartition("\n\n")[2]


def costs(measured: Cost) -> tuple[dict[str, str], str]:
    """Return the same as `known_costs`, for a cost that was measured now."""
    shares = {rule: f"{measured.share(seconds):.2%}" for rule, seconds in measured.rules.items()}
    return shares, (
        f"The cost is the share of the observer's CPU time, scaled from what was measured to {RECORDS_PER_SECOND:,} "
        "records a second; `0` stands for a rule that was not asked, as the program has nothing that it looks at. It "
        "had 200 processes, "
        f"`benchmarks/programs/{CROWD.name}`, of which {measured.records / measured.seconds:,.0f} records a second "
        f"were read for {measured.seconds:.0f} seconds. Reading a record took "
        f"{measured.reading / max(measured.records, 1) * 1e6:.1f} µs, and searching for findings "
        f"{measured.finding / measured.seconds * 1e3:.0f} ms of CPU per second. All rules together, with what they "
        f"share, such as the wait-for graph, have {measured.share(measured.finding):.1%} of the observer's time at "
        "that rate."
    )


def page(
    rows: Iterable[Row], cost_of: tuple[Mapping[str, str], str], commit: str, others: Mapping[str, tuple[str, str, str]]
) -> Iterator[str]:
    """Yield the paragraphs of `docs/truth.md`.

    Args:
        rows: what was counted now.
        cost_of: what `costs` or `known_costs` has returned.
        commit: at which it was counted.
        others: what `kept` has returned.
    """
    shares, how_measured = cost_of
    yield "# How often findings are right"
    yield (
        f"Generated by `python -m benchmarks.truth` with CPython {platform.python_version()} on a "
        f"machine with {os.cpu_count()} cores that was busy with other work. Each [rule](rules/index.md) has a program "
        "with the problem that it finds and a repaired twin. Both were checked as often as the table says, at the "
        "commit that it names. A hit is a run of the program in which the rule reported the problem. A false alarm is "
        "a run of the twin with any finding at all, of any rule and any severity."
    )
    lines = ["| rule | hits | false alarms on the twin | cost | commit |", "| --- | --- | --- | --- | --- |"]
    cells = dict(others)
    for row in rows:
        blamed = ", ".join(f"`{name}` × {count}" for name, count in row.others.items())
        alarms = f"{row.alarms} of {row.runs}" + (f" ({blamed})" if blamed else "")
        cells[row.rule] = f"{row.hits} of {row.runs}", alarms, commit
    for rule, (hits, alarms, at) in sorted(cells.items()):
        lines.append(f"| [`{rule}`](rules/{rule}.md) | {hits} | {alarms} | {shares.get(rule, '0')} | `{at}` |")
    yield "\n".join(lines)
    yield how_measured


def main() -> None:
    """Measure and write the page."""
    everything = sorted(path.stem for path in PROGRAMS.glob("*.py") if not path.stem.endswith("_fixed"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--rules", nargs="+", choices=everything, default=everything, metavar="RULE")
    parser.add_argument("--keep-cost", action="store_true")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "truth.md")
    arguments = parser.parse_args()
    head = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(head, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    cost_of = known_costs(arguments.output) if arguments.keep_cost else costs(cost())
    rows = {rule: Row(rule) for rule in arguments.rules}
    others = kept(arguments.output, rows)
    for number in range(1, arguments.runs + 1):
        for row in rows.values():
            try_once(row)
        arguments.output.write_text("\n\n".join(page(rows.values(), cost_of, commit, others)) + "\n")
        print(f"{number} of {arguments.runs} runs", flush=True)


if __name__ == "__main__":
    main()
