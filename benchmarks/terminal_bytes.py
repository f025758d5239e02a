"""Measures how many bytes a second the Lab writes to its terminal: people use it over ssh.

python -m benchmarks.terminal_bytes [--seconds 10] [--dump FILE]

--dump writes what arrived of the last case into a file, to see what it is made of.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.screen import CROWD, ROOT, Watched, opened, settle

CASES = (
    (
        Watched("idle: a deadlock", (str(ROOT / "scenarios" / "two_locks.py"),), settled_text="deadlock"),
        ((80, 24), (140, 40)),
    ),
    (
        Watched("four busy workers", (str(Path(__file__).parent / "programs" / "four_workers.py"),)),
        ((80, 24), (140, 40)),
    ),
    (Watched("fifty busy workers", (CROWD, "100000")), ((80, 24), (140, 40))),
)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--only", default="", help="the cases that have these words in their names")
    parser.add_argument("--columns", type=int, help="only terminals of this width")
    parser.add_argument("--dump", help="a file for what arrived last")
    arguments = parser.parse_args()
    print("| program | terminal | KB a second |")
    print("| --- | --- | --- |")
    for watched, sizes in CASES:
        if arguments.only not in watched.name:
            continue
        for columns, rows in sizes:
            if arguments.columns not in (None, columns):
                continue
            with opened(watched, columns, rows) as terminal:
                settle(terminal, watched)
                before = len(terminal.raw)
                written = terminal.written(arguments.seconds)
                if arguments.dump:
                    Path(arguments.dump).write_bytes(terminal.raw[before:])
            print(f"| {watched.name} | {columns}×{rows} | {written / arguments.seconds / 1000:.1f} |", flush=True)


if __name__ == "__main__":
    main()
