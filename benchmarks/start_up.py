"""Compares the time of a short program under `rockproc-tui run` and bare, and measures our own start-up time.

python -m benchmarks.start_up [--rounds 15] [--of PLACE] [--against PLACE]

Each round runs every program in every way, one after the other, so that what else goes on in the machine is the same
for all of them: the ratios are those of each round. "CPU" is what the whole tree of processes used, which other jobs
disturb less. PLACE is a checkout with its own `.venv`, or a virtual environment in which a wheel was installed: an
editable installation starts later. `--of` is measured in place of this checkout, and `--against` as well, such as an
older version. On a busy machine, `chrt -r 10 python -m …` gives clock times as on an idle one (it needs root).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

PROGRAMS = {
    "pass": "pass\n",
    "a small Pool": (
        "import multiprocessing\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "        pool.map(abs, range(4))\n"
    ),
}
BARE, OBSERVED, AGAINST = "bare", "observed", "the other place"
HERE = Path(__file__).resolve().parents[1]


class Times(NamedTuple):
    """Seconds by the clock, and seconds of CPU of the whole tree."""

    clock: float
    cpu: float


def environment(folder: Path) -> dict[str, str]:
    """Return an environment as after an installation: everything is compiled, in a place of its own."""
    changed = {"PYTHONPYCACHEPREFIX": str(folder / "compiled"), "XDG_CACHE_HOME": str(folder / "cache")}
    return {**os.environ, **changed, "PYTHONDONTWRITEBYTECODE": ""}


def measure(words: Sequence[str], folder: Path) -> Times:
    """Run a command to its end. Raises CalledProcessError when it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(folder)
    )
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words)
    return Times(took, usage.ru_utime + usage.ru_stime)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--of", type=Path, default=HERE, metavar="PLACE", help="what is measured")
    parser.add_argument("--against", type=Path, metavar="PLACE", help="what is measured as well")
    options = parser.parse_args()
    ways = {BARE: [str(_programs(options.of) / "python")], OBSERVED: _command(options.of)}
    if options.against is not None:
        ways[AGAINST] = _command(options.against)
    found: dict[tuple[str, str], list[Times]] = {}
    with tempfile.TemporaryDirectory(prefix="start-up-") as name:
        folder = Path(name)
        for number in range(options.rounds + 1):
            for program, source in PROGRAMS.items():
                script = folder / "program.py"
                script.write_text(source)
                for way, words in ways.items():
                    times = measure([*words, str(script)], folder)
                    if number:  # the first round only fills the caches
                        found.setdefault((program, way), []).append(times)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {options.rounds} rounds\n")
    print("| program | | clock | CPU | by the clock | by CPU |\n| --- | --- | --- | --- | --- | --- |")
    for (program, way), times in found.items():
        base = found[program, BARE]
        print(
            f"| {program} | {way} | {_medians(times)} | {_ratio(times, base, 0):.1f}× | {_ratio(times, base, 1):.1f}× |"
        )


def _programs(place: Path) -> Path:
    """Return the folder of the commands of a checkout, or of a virtual environment."""
    environment = place / ".venv"
    return (environment if environment.is_dir() else place).absolute() / "bin"


def _command(place: Path) -> list[str]:
    return [str(_programs(place) / "rockproc-tui"), "run"]


def _medians(times: list[Times]) -> str:
    clock, cpu = (statistics.median(measured[index] for measured in times) for index in (0, 1))
    return f"{clock * 1000:.0f} ms | {cpu * 1000:.0f} ms"


def _ratio(times: list[Times], base: list[Times], index: int) -> float:
    return statistics.median(measured[index] / one[index] for measured, one in zip(times, base, strict=True))


if __name__ == "__main__":
    main()
