"""Damaged journals, and an observer that reads them together with sound ones."""

from __future__ import annotations

import os
import random
import shutil
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from rockproc.observer.exports.checked import Checked
from rockproc.observer.report.data import report
from rockproc.observer.report.judgement import Ending, judge
from rockproc.observer.report.text import report_text
from rockproc.observer.run.observer import Observer
from rockproc.observer.run.run import Run
from rockproc.observer.scenarios.launch import Launch
from rockproc.probe import layout

from tests.fuzz.limits import keep_out_of_collections, limited
from tests.fuzz.recordings import GOLDEN

LOOKS = 4
RECORD_FIELDS = struct.Struct(layout.RECORD.format)
WORD = struct.Struct("@Q")
WORDS = (
    0,
    1,
    2,
    5,
    255,
    4096,
    1 << 31,
    1 << 32,
    (1 << 32) - 1,
    1 << 52,
    1 << 62,
    (1 << 63) - 1,
    1 << 63,
    (1 << 64) - 1,
)


class Ended:
    """A run that has ended, with everything from which a report is made."""

    exit_code: int | None = 0
    exit_signal: str | None = None
    launch = Launch("/lab/everything.py")

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self.snapshot, self.totals, self.faults = observer.snapshot, observer.totals, observer.faults


def corpus(folder: Path) -> dict[str, bytes]:
    """Return the journals of a real run, as far as they are written, by name."""
    found: dict[str, bytes] = {}
    run = Run(Launch(str(GOLDEN / "everything.py")))
    run.start()
    assert run._program is not None
    session = run._program.session.path
    deadline = time.monotonic() + 6
    while time.monotonic() < deadline and not run.ended.is_set():
        for path in session.glob("*.journal"):
            with suppress(FileNotFoundError), path.open("rb") as file:
                head = file.read(layout.RING_AT)
                ring = file.read(3000 * layout.RECORD.size).rstrip(b"\0")
                size = -(-len(ring) // layout.RECORD.size) * layout.RECORD.size
                found[path.name] = head + ring.ljust(size, b"\0")
        time.sleep(0.02)
    run.stop()
    folder.mkdir(exist_ok=True)
    return found


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Return a journal with a few changes: in records, in cells, in the header, in single bits."""
    changed = bytearray(data)
    records = (len(data) - layout.RING_AT) // layout.RECORD.size
    for _ in range(rng.choice((1, 1, 3, 20))):
        kind = rng.random()
        if kind < 0.45 and records:
            number = rng.randrange(records)
            _change_record(changed, layout.RING_AT + number * layout.RECORD.size, rng)
        elif kind < 0.7:
            cell = rng.randrange(64) * layout.CELL.size
            WORD.pack_into(changed, layout.CELLS_AT + cell + rng.randrange(layout.WORDS) * 8, rng.choice(WORDS))
        elif kind < 0.85:
            place = rng.choice(
                (layout.TOTALS_AT, layout.CELLS_BACKED_AT, layout.CURSOR_AT, layout.RESUMED_AT, layout.CRASH_AT)
            )
            WORD.pack_into(changed, rng.choice((place, rng.randrange(0, 600, 8))), rng.choice(WORDS))
        else:
            for _ in range(rng.choice((1, 10, 1000))):
                changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    if rng.random() < 0.05:
        return bytes(changed[: rng.randrange(len(changed))])
    return bytes(changed)


def _change_record(data: bytearray, place: int, rng: random.Random) -> None:
    fields = list(layout.RECORD.unpack_from(data, place))
    number = rng.randrange(len(fields))
    if number in (3, 4):  # signed
        fields[number] = rng.choice(WORDS) - (1 << 63) if rng.random() < 0.5 else -fields[number] - 1
        fields[number] = max(min(fields[number], (1 << 63) - 1), -(1 << 63))
    elif number == 6:
        fields[number] = rng.randrange(90)
    elif number == 7:
        fields[number] = rng.choice((0, 1, 63, 64, 65, 0xFFFF))
    elif number == 8:
        fields[number] = rng.choice((0, 1, 2, 0xFFFFFFFF))
    elif number == 9:
        fields[number] = rng.randbytes(layout.PAYLOAD)
    else:
        fields[number] = rng.choice(WORDS)
    layout.RECORD.pack_into(data, place, *fields)


def _write(path: Path, data: bytes, rng: random.Random | None = None) -> None:
    kind = rng.random() if rng is not None else 1.0
    if kind < 0.02:
        os.mkfifo(path)
    elif kind < 0.04:
        path.symlink_to(rng.choice(["/dev/zero", "/dev/tty", "/proc/self/mem", path.name]) if rng else "")
    elif kind < 0.05:
        path.mkdir()
    else:
        path.write_bytes(data)
        if kind >= 0.1:
            os.truncate(path, layout.SIZE)


def cases(folder: Path, seed: int) -> Iterator[tuple[Path, random.Random]]:
    """Folders with the journals of one run, some of them damaged, without end."""
    originals = corpus(folder)
    keep_out_of_collections()
    place, number = folder / "session", 0
    while True:
        rng = random.Random(f"{seed} {number}")
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        victims = rng.sample(sorted(originals), rng.choice((1, 1, 2, len(originals))))
        for name, data in originals.items():
            if name in victims:
                _write(place / name, damaged(data, rng), rng)
            else:
                _write(place / name, data)
        if rng.random() < 0.05:
            _write(place / "1.fault", b"\xff" * 9000, rng)
        yield place, rng
        number += 1


def try_case(folder: Path, rng: random.Random) -> None:
    """Read the journals as a run does, with more damage while they are read, and report."""
    with limited():
        _observe(folder, rng)


def _observe(folder: Path, rng: random.Random) -> None:
    observer = Observer(folder, time.monotonic_ns() - 10_000_000_000, paced=rng.random() < 0.5)
    try:
        for look in range(LOOKS):
            observer.read(time.monotonic_ns(), settled=look == LOOKS - 1)
            observer.find()
            observer.snapshot()
            if rng.random() < 0.3:
                _damage_one(folder, rng)
        observer.all_ended(stopped=False)
        snapshot = observer.snapshot()
        ended = Ended(observer)
        made = report(ended)
        report_text(made)
        Checked(made, judge(made, Ending.BY_ITSELF))
        assert not observer.world.fault.startswith("observer"), observer.world.fault
        assert snapshot.now < 1e6, "the clock of the run is ours"
    finally:
        observer.close()


def _damage_one(folder: Path, rng: random.Random) -> None:
    journals = [path for path in folder.glob("*.journal") if path.is_file() and not path.is_symlink()]
    if not journals:
        return
    path = rng.choice(journals)
    if rng.random() < 0.2:
        os.truncate(path, rng.randrange(layout.SIZE))
        return
    with path.open("r+b") as file:
        place = rng.choice((0, rng.randrange(layout.HEADER), layout.CELLS_AT + rng.randrange(64 * 96)))
        file.seek(rng.choice((place, layout.RING_AT + rng.randrange(1 << 16))))
        file.write(rng.randbytes(rng.choice((1, 8, 200))))
