"""Measures the cost of observation: each program bare, observed and under its peers, in turn, by its own timings.

python -m benchmarks.cost [--rounds 5] [--clock wall] [--only queue …] [--ways auto …]

On a busy machine `--clock cpu` is more exact: it measures the seconds of CPU of the program's processes.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"
CLOCKS = ("wall", "cpu")
HOURGLASS = 120
"""Seconds for one run of a program."""


@dataclass(frozen=True)
class Program:
    """A program of `benchmarks/programs/` whose cost is measured, and the limit for one operation."""

    name: str
    file: str
    target: str = ""
    """The cost that `auto` must not exceed: a ratio, or an additional time."""
    argument: str = ""


LIST = (
    Program("pure computation, two processes", "computation.py", "1.01×"),
    Program("Queue, an item", "queue_items.py", "1.25×"),
    Program("Pipe, a round trip", "pipe_round_trip.py", "1.3×"),
    Program("Lock, nobody else wants it", "lock_cycle.py", "+0.5 µs"),
    Program("Lock, two want it", "lock_contended.py"),
    Program("Value under a Lock, an increment", "value_increment.py"),
    Program("Array, a slice read and written", "array_slice.py"),
    Program("Manager, a call", "manager_call.py"),
    Program("Pool.map, a small task", "pool_map.py"),
    Program("a process by fork", "process_start.py", "+5 ms", "fork"),
    Program("a process by spawn", "process_start.py", "+15 ms", "spawn"),
    Program("a process by forkserver", "process_start.py", "", "forkserver"),
)

Way = Callable[[list[str], Path], list[str]]


def observed(detail: str) -> Way:
    """Return how to run a program under observation with this detail."""
    return lambda program, _: [sys.executable, "-m", "rockproc.tui", "run", "--detail", detail, *program]


def viztracer(program: list[str], folder: Path) -> list[str]:
    """Return the command that runs a program under viztracer."""
    options = ["--log_multiprocess", "--tracer_entries", "100000", "--quiet", "-o", str(folder / "trace.json")]
    return [sys.executable, "-m", "viztracer", *options, "--", *program]


def memray(program: list[str], folder: Path) -> list[str]:
    """Return the command that runs a program under memray."""
    return [
        sys.executable,
        "-m",
        "memray",
        "run",
        "--follow-fork",
        "-q",
        "-f",
        "-o",
        str(folder / "memory.bin"),
        *program,
    ]


WAYS: Mapping[str, Way] = {
    "bare": lambda program, _: [sys.executable, *program],
    "light": observed("light"),
    "auto": observed("auto"),
    "full": observed("full"),
    "viztracer": viztracer,
    "memray": memray,
}
PEERS = ("viztracer", "memray")


def seconds(way: Way, program: Program, clock: str) -> float | str:
    """Return what the program prints, or why it printed nothing."""
    words = [str(PROGRAMS / program.file), *([program.argument] if program.argument else [])]
    with tempfile.TemporaryDirectory(prefix="rockproc-cost-") as folder:
        try:
            run = subprocess.run(
                way(words, Path(folder)),
                env={**os.environ, "TMPDIR": folder},
                capture_output=True,
                text=True,
                timeout=HOURGLASS,
                cwd=folder,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"not within {HOURGLASS} s"
    for line in run.stdout.splitlines():
        try:
            return float(line.split()[CLOCKS.index(clock)])
        except (ValueError, IndexError):
            continue
    return f"exit {run.returncode}: {(run.stderr.strip().splitlines() or ['it said nothing'])[-1][:80]}"


def measured(program: Program, ways: Sequence[str], rounds: int, clock: str) -> dict[str, list[float] | str]:
    """Return the seconds of each way, round by round, or why a way has none."""
    found: dict[str, list[float] | str] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            times = found[way]
            if isinstance(times, list):
                took = seconds(WAYS[way], program, clock)
                found[way] = took if isinstance(took, str) else [*times, took]
    return found


def row(program: Program, ways: Sequence[str], found: dict[str, list[float] | str]) -> tuple[str, list[str]]:
    """Return the cells of a table row, and what failed."""
    bare = found["bare"]
    if isinstance(bare, str):
        return f"| {program.name} | {bare} |", []
    cells, reasons = [program.name, _short(statistics.median(bare))], []
    for way in ways[1:]:
        times = found[way]
        if isinstance(times, str):
            cells.append("—")
            reasons.append(f"{program.name}, {way}: {times}")
            continue
        ratio = statistics.median(after / before for before, after in zip(bare, times, strict=True))
        cells.append(f"{ratio:.2f}×")
        if way == "auto":
            more = statistics.median(after - before for before, after in zip(bare, times, strict=True))
            cells.append(f"{'+' if more >= 0 else '−'}{_short(abs(more))}")
    return f"| {' | '.join([*cells, program.target])} |", reasons


def _short(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.2f} µs"


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="WORD", help="programs whose file has this in its name"
    )
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    arguments = parser.parse_args()
    missing = [peer for peer in PEERS if importlib.util.find_spec(peer) is None]
    ways = ["bare", *(way for way in arguments.ways if way not in ("bare", *missing))]
    load = os.getloadavg()[0]
    python, rounds = sys.version.split()[0], arguments.rounds
    print(
        f"Python {python}, {os.cpu_count()} cores, load {load:.1f}, {arguments.clock} time, medians of {rounds} rounds"
    )
    for peer in missing:
        print(f"Without {peer}: it is not installed (pip install --group benchmarks).")
    heads = [
        "program",
        "bare",
        *(head for way in ways[1:] for head in ((way, "more") if way == "auto" else (way,))),
        "target",
    ]
    print(f"\n| {' | '.join(heads)} |\n|{' --- |' * len(heads)}", flush=True)
    reasons: list[str] = []
    for program in LIST:
        if not arguments.only or any(word in f"{program.file} {program.argument}" for word in arguments.only):
            line, why = row(program, ways, measured(program, ways, arguments.rounds, arguments.clock))
            reasons += why
            print(line, flush=True)
    print("\n".join(["", *reasons]))


if __name__ == "__main__":
    main()
