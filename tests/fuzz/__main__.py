"""Runs the fuzzers: `python -m tests.fuzz [--minutes M] [--seed S] [recordings|journals]…`.

A case that fails is printed with its seed and number. Its traceback and, of a recording, the file are kept in a folder
of `/tmp`. The cases depend on the seed and on the real runs with which each fuzzer begins.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.fuzz import journals, recordings

FUZZERS = {"recordings": recordings, "journals": journals}
REPORT_SECONDS = 30.0


def fuzz(name: str, seed: int, seconds: float, *, max_cases: int | None = None) -> list[str]:
    """Try cases for a time, or at most a number of them. Returns a line for each failed case, with its file."""
    fuzzer = FUZZERS[name]
    failures: list[str] = []
    kept = Path(tempfile.gettempdir()) / f"rockproc-fuzz-{name}-{seed}"
    with tempfile.TemporaryDirectory(prefix="rockproc-fuzz-") as folder:
        begin = reported = time.monotonic()
        number = 0
        for number, (path, rng) in enumerate(fuzzer.cases(Path(folder), seed)):
            now = time.monotonic()
            if now - begin > seconds or number == max_cases:
                break
            if now - reported > REPORT_SECONDS:
                reported = now
                print(f"{name}: {number} cases, {len(failures)} failures, {now - begin:.0f} s", flush=True)
            data = path.read_bytes() if path.is_file() else b""
            try:
                fuzzer.try_case(path, rng)
            except Exception as error:
                kept.mkdir(exist_ok=True)
                if data:
                    (kept / str(number)).write_bytes(data)
                (kept / f"{number}.txt").write_text(traceback.format_exc())
                failures.append(
                    f"{name}, seed {seed}, case {number}: {type(error).__name__}: {error} ({kept}/{number})"
                )
                print(failures[-1], flush=True)
        print(f"{name}: {number} cases, {len(failures)} failures, seed {seed}", flush=True)
    return failures


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz recordings and journals.")
    parser.add_argument("names", nargs="*", choices=[*FUZZERS, []], help="which (default: all, one after the other)")
    parser.add_argument("--minutes", type=float, default=60.0, help="for all of them together (default: 60)")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    names = options.names or list(FUZZERS)
    failures = [failure for name in names for failure in fuzz(name, options.seed, options.minutes * 60 / len(names))]
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
