"""Measures memory and disk use over as many records as a run of several hours makes, in less time.

python -m benchmarks.long_run [--records 20000000] [--of queue] [--save-last-mb 64]

The records go through a journal, the observer and a recording that is bounded as with `--save-last`. The recording of
the Lab, which nobody has named, is bounded in the same way. Each row of the table is one twelfth of the run.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import psutil
from rockproc.observer.recording.block_file import BlockFile
from rockproc.observer.recording.format import Head
from rockproc.observer.recording.recorder import Recorder
from rockproc.observer.run.observer import Observer
from rockproc.probe import cells, journal, records
from rockproc.probe.layout import CellKind
from rockproc.tui.runtime import garbage_collection

from benchmarks.observer import BATCH, note, write

ROWS = 12
MEGABYTE = 1e6


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000_000)
    parser.add_argument("--of", choices=("queue", "lock"), default="queue")
    parser.add_argument("--save-last-mb", type=float, default=64.0)
    options = parser.parse_args()
    garbage_collection.collect_rarely()
    with tempfile.TemporaryDirectory(prefix="long-run-") as name:
        session, path = Path(name) / "session", Path(name) / "run.rockproc"
        session.mkdir()
        journal.folder, journal.level = str(session), "full"
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
        observer = Observer(session, time.monotonic_ns(), paced=False)
        recorder = Recorder(BlockFile.write(path, round(options.save_last_mb * MEGABYTE)), Head(script="benchmark"))
        print("| records | memory of rockproc-tui | journals on disk | recording on disk |")
        print("| --- | --- | --- | --- |")
        written = shown = 0
        while written < options.records:
            write(options.of, written // 3, BATCH // 3)
            written += BATCH
            observer.read(time.monotonic_ns())
            recorder.take(observer.snapshot())
            if written * ROWS // options.records > shown:
                shown = written * ROWS // options.records
                memory = psutil.Process().memory_info()
                resident = (memory.rss - memory.shared) / MEGABYTE
                on_disk = sum(file.stat().st_blocks * 512 for file in session.iterdir()) / MEGABYTE
                recorded = path.stat().st_size / MEGABYTE
                print(f"| {written:,} | {resident:.0f} MB | {on_disk:.1f} MB | {recorded:.1f} MB |", flush=True)
        observer.close()
        journal.memory = None


if __name__ == "__main__":
    main()
