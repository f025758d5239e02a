"""The probe packs what the observer unpacks, for every kind of record."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from rockproc.observer.journals.reader import JournalFolder, Record
from rockproc.probe import records
from rockproc.probe.layout import Kind
from rockproc.probe.records import Content

from tests.observer.journals import read
from tests.probe.conftest import PROBE, PYTHONS, edges

CONTENTS = {
    content.KIND: content
    for content in vars(records).values()
    if isinstance(content, type) and issubclass(content, Content) and content is not Content
}
KINDS = {number for name, number in vars(Kind).items() if name.isupper()}
EXAMPLES: dict[str, object] = {
    "int": -3,
    "bool": True,
    "str": "a\0b, ünd, \N{SNAKE}",
    "bytes": b"\xff\0\n",
    "tuple[int, ...]": (0, -1, 1 << 62),
    "tuple[str, ...]": ("", "a\0b", "ü"),
}


def test_every_kind_has_a_content() -> None:
    assert set(CONTENTS) == KINDS - {Kind.TEXT}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=lambda content: content.__name__)
def test_a_packed_record_is_unpacked_unchanged(content: type[Content]) -> None:
    made = content(*[EXAMPLES[kind] for _, kind in content._fields])  # pyright: ignore[reportPrivateUsage]
    unpacked = content.unpack(read(made, 1))
    assert unpacked == made
    assert [*map(type, unpacked)] == [*map(type, made)]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("content", CONTENTS.values(), ids=lambda content: content.__name__)
def test_numbers_are_declared_first(content: type[Content]) -> None:
    numbers = [kind in ("int", "bool") for _, kind in content._fields]  # pyright: ignore[reportPrivateUsage]
    assert numbers == sorted(numbers, reverse=True)


def test_invalid_surrogates_can_be_packed() -> None:
    assert records.Bootstrap.unpack(read(records.Bootstrap("a\ud800b"), 1)).name == "a?b"
    assert records.Bootstrap.unpack(read(records.Bootstrap("a\udcffb"), 1)).name == "a\N{REPLACEMENT CHARACTER}b"


@pytest.mark.parametrize("length", range(30))
def test_a_truncated_record_is_rejected(length: int) -> None:
    a, b, payload = records.State(5, 6, 7, True, "held by main").pack()
    cut = Record(0, 0, 1, a, b, 0, Kind.STATE, payload[:length])
    if length < 16:
        with pytest.raises(ValueError, match="is cut"):
            records.State.unpack(cut)
    else:
        assert records.State.unpack(cut).holder_pid == 7
    a, b, payload = records.Lock(1, 0, "Lock", "pool.__init__").pack()
    cut = Record(0, 0, 1, a, b, 0, Kind.LOCK, payload[:length])
    if length < 8:
        with pytest.raises(ValueError, match="is cut"):
            records.Lock.unpack(cut)


PROGRAM = """
import multiprocessing as mp
from multiprocessing import connection, shared_memory

def work(queue, pipe, lock, event, value):
    event.wait(10)
    with lock:
        value.value += 1
        queue.put("done")
    pipe.send(1)
    pipe.send_bytes(bytes(5000))

if __name__ == "__main__":
    queue, lock, event, value = mp.JoinableQueue(3), mp.Lock(), mp.Event(), mp.Value("i")
    here, there = mp.Pipe()
    child = mp.Process(target=work, args=(queue, there, lock, event, value), name="a\\0b")
    child.start()
    event.set()
    connection.wait([here, child.sentinel])
    assert here.recv() == 1 and here.recv_bytes() and queue.get() == "done"
    child.join()
    assert lock.acquire(timeout=0.01) and not lock.acquire(timeout=0.01)
    with mp.Pool(2) as pool:
        pool.map(abs, [1, -2])
    with mp.Manager() as manager:
        manager.dict()["a"] = 1
        with manager.Lock():
            pass
    memory = shared_memory.SharedMemory(create=True, size=10)
    memory.close()
    memory.unlink()
"""
EXPECTED = {
    *("ACQUIRED", "ARENA", "AWAITED", "BOOTSTRAP", "CALL", "CHANNEL", "CLOSED", "EXIT", "EXITING", "FILE"),
    *("HANDLE", "JOINED", "LOCK", "LOCKED_BY", "MANAGED", "MANAGER", "METHOD", "POOL", "PUT", "READ", "REAPED"),
    *("RECEIVED", "RELEASED", "RUN", "SEGMENT", "SEGMENT_CLOSED", "SEGMENT_UNLINKED", "SENT", "SET", "START"),
    *("SEND_ENDED", "STARTED", "STATE", "PROBE_STARTED", "TASK", "VALUE", "WAITED", "WORKER", "WRITE"),
}


@pytest.mark.parametrize("version", edges(2))
def test_all_records_of_a_real_program_can_be_unpacked(version: str, tmp_path: Path) -> None:
    """Packing an unpacked record must give the same words, also for records that are written without an object."""
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    with tempfile.TemporaryDirectory(dir="/dev/shm", ignore_cleanup_errors=True) as folder:
        session = "\n".join([folder, str(tmp_path), "full", "spawn", ""])
        environment = {**os.environ, "PYTHONPATH": str(PROBE / "entry"), "ROCKPROC_SESSION": session}
        subprocess.run([str(PYTHONS[version]), str(script)], env=environment, check=True, timeout=50)
        journals = JournalFolder(Path(folder))
        found = [record for journal in journals.discover() for record in journal.records(settled=True)]
        journals.close()
    for record in found:
        content = CONTENTS[record.kind].unpack(record)
        assert content.pack() == (record.a, record.b, record.payload), content
    names = {number: name for name, number in vars(Kind).items() if name.isupper()}
    assert EXPECTED - {names[record.kind] for record in found} == set()
