"""Measures how many records a second the observer applies on one core, and its memory after millions of them.

python -m benchmarks.observer [--records 1000000] [--of queue lock] [--rounds 1] [--profile]

The records are those of a Queue whose every operation is recorded, written by this process into a journal of its own;
only what the observer does is measured, in seconds of CPU. Garbage is looked for as rarely as in the program itself.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pickle
import pstats
import sys
import tempfile
import time
from pathlib import Path

import psutil
from rockproc.observer.recording.block_file import BlockFile
from rockproc.observer.recording.format import Head
from rockproc.observer.recording.recorder import Recorder
from rockproc.observer.run.observer import Observer
from rockproc.probe import cells, journal, layout, records
from rockproc.probe.layout import CellKind, Kind
from rockproc.tui.runtime import garbage_collection

BATCH = 60_000
"""The number of records between two polls: at 1.2 million a second, so many come in one poll."""


def write(kinds: str, begin: int, count: int) -> None:
    """Write records of operations on one Queue or one Lock into a journal."""
    site = 1 << 32 | 7
    for number in range(begin, begin + count):
        if kinds == "queue":
            payload = pickle.dumps({"job": number})
            identity = (number & 0x7FFFFFFF) << 32 | number & 0xFFFFFFFF
            journal.operation(journal.now(), Kind.PUT, 5, number, 0, site)
            journal.operation(journal.now(), Kind.SENT, 5, len(payload), identity, 0, payload)
            journal.operation(journal.now(), Kind.RECEIVED, 5, len(payload), identity, site, payload)
        else:
            journal.operation(journal.now(), Kind.ACQUIRED, 6, 0, 0, site)
            journal.operation(journal.now(), Kind.RELEASED, 6, 0, 0, 0)
            journal.operation(journal.now(), Kind.ACQUIRED, 6, 0, 0, site)


def note(content: records.Content, key: int = 0) -> None:
    """Write one record that belongs to no single operation."""
    a, b, payload = content.pack()
    journal.write(content.KIND, key, a, b, 1 << 32 | 7, payload)


def measured(kinds: str, total: int, profile: cProfile.Profile | None, *, recorded: bool) -> tuple[float, float]:
    """Return the records per second of CPU, and the megabytes that this process holds in the end."""
    with tempfile.TemporaryDirectory(prefix="rockproc-observer-") as folder:
        journal.folder, journal.level = folder, "full"
        journal.begin()
        cells.begin()
        note(
            records.ProbeStarted(os.getpid(), os.getppid(), "main", "", sys.executable, ("benchmark",)),
            journal.get_ident(),
        )
        note(records.File(1, os.fsencode(__file__)))
        note(records.Channel(0, 0, "Queue", "", "", ""), 5)
        note(records.Lock(1, 0, "Lock", ""), 6)
        for key, what in ((5, CellKind.CHANNEL), (6, CellKind.LOCK)):
            cells.new_view(key, what, [])
        observer = Observer(Path(folder), time.monotonic_ns(), paced=False)
        recorder = Recorder(BlockFile.write(None), Head(script="benchmark")) if recorded else None
        record_count = written = 0
        used = 0.0
        while written < total:
            write(kinds, written // 3, BATCH // 3)
            written += BATCH
            began = time.process_time()
            if profile is not None:
                profile.enable()
            record_count += observer.read(time.monotonic_ns())
            if recorder is not None:
                recorder.take(observer.snapshot())
            if profile is not None:
                profile.disable()
            used += time.process_time() - began
        assert record_count >= written, f"{written - record_count} records were not taken"
        observer.close()
        journal.memory = None
        return record_count / used, psutil.Process().memory_info().rss / 1e6


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--of", nargs="+", choices=("queue", "lock"), default=("queue", "lock"))
    parser.add_argument("--rounds", type=int, default=1, help="repetitions, of which the fastest is printed")
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    assert BATCH < layout.RECORDS * 3 // 4
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {arguments.records:,} records\n")
    print("| records of | with the recording | a second | memory afterwards |\n| --- | --- | --- | --- |")
    garbage_collection.collect_rarely()
    for kinds in arguments.of:
        for recorded in (False, True):
            profile = cProfile.Profile() if arguments.profile else None
            rate, memory = max(
                measured(kinds, arguments.records, profile, recorded=recorded) for _ in range(arguments.rounds)
            )
            print(f"| a {kinds} | {'yes' if recorded else 'no'} | {rate:,.0f} | {memory:.0f} MB |", flush=True)
            if profile is not None:
                pstats.Stats(profile).sort_stats("tottime").print_stats(18)


if __name__ == "__main__":
    main()
