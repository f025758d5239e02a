"""SharedMemory: the processes that have it open, and the process that unlinks it."""

from __future__ import annotations

from pathlib import Path

from rockproc.observer.model import Snapshot

from tests.probe.conftest import CURRENT, See
from tests.probe.sees.found import ALL, name_of, value

SEGMENTS = """
    import multiprocessing as mp
    import os
    import struct
    import sys
    import time
    from multiprocessing import shared_memory
    from multiprocessing.managers import SharedMemoryManager

    def attach(name, items, ready, go):
        memory = shared_memory.SharedMemory(name)  # attach
        memory.buf[:5] = b"hello"
        items[1] += 40
        items[0] = "new"
        ready.release(), go.acquire()
        memory.close()
        items.shm.close()
        ready.release(), go.acquire()

    def leave():
        forgotten = shared_memory.SharedMemory(create=True, size=8)  # forgotten
        forgotten.buf[:2] = b"\\x39\\x05"
        os._exit(0)

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        ready, go = mp.Semaphore(0), mp.Semaphore(0)
        text = shared_memory.SharedMemory(create=True, size=4096)  # text
        items = shared_memory.ShareableList(["old", 2, None, 2.5, b"raw", True])
        numbers = shared_memory.SharedMemory(create=True, size=80)
        numbers.buf[8:16] = struct.pack("d", 2.5)
        child = mp.Process(target=attach, args=(text.name, items, ready, go), name="child")
        child.start()
        ready.acquire()
        print("attached", flush=True)
        while not os.path.exists(sys.argv[2]):
            time.sleep(0.01)
        go.release(), ready.acquire()
        print("closed", flush=True)
        while not os.path.exists(sys.argv[3]):
            time.sleep(0.01)
        go.release()
        child.join()
        leaver = mp.Process(target=leave, name="leaver")
        leaver.start()
        leaver.join()
        while not os.path.exists(sys.argv[4]):
            time.sleep(0.01)
        with SharedMemoryManager() as manager:
            lent = manager.ShareableList([1, 2, 3])
            lent[2] = 4
            lent.shm.close()
        for segment in text, items.shm, numbers:
            segment.close()
            segment.unlink()
"""


@ALL
def test_users_and_ends_of_segments_are_known(version: str, method: str, see: See, tmp_path: Path) -> None:
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    seen = see(version, SEGMENTS, method, str(first), str(second), str(third))

    def users(snapshot: Snapshot, name: str) -> list[str]:
        found = [value for value in snapshot.values if value.name == name]
        return sorted(name_of(snapshot, key) for key in found[0].open_by) if found else []

    both = ["child", "main"]
    snapshot = seen.until(
        lambda snapshot: users(snapshot, "text") == both and value(snapshot, "text").value == "hello", "it is attached"
    )
    assert users(snapshot, "items") == both
    assert users(snapshot, "numbers") == (both if method == "fork" else ["main"])
    text = value(snapshot, "text")
    assert (text.kind, text.type, text.size, text.unlinked) == ("SharedMemory", "bytes[4096]", 4096, None)
    assert text.segment is not None
    assert text.segment.startswith("psm_")
    assert text.site is not None
    assert text.site.line == seen.line("text")
    first.touch()
    # What a fork has inherited stays open in it: another object than the one that it has closed.
    left = users(snapshot, "numbers")
    seen.until(lambda snapshot: (users(snapshot, "text"), users(snapshot, "items")) == (left, ["main"]), "it is closed")
    second.touch()
    # A segment that is gone before the next look has shown nothing of what it held.
    seen.until(lambda snapshot: any(value.name == "forgotten" and value.value == 1337 for value in snapshot.values))
    third.touch()

    snapshot = seen.end()
    items, numbers, forgotten = (value(snapshot, name) for name in ("items", "numbers", "forgotten"))
    assert (items.kind, items.type, items.value) == ("ShareableList", "list[6]", ["new", 42, None, 2.5, b"raw", True])
    assert (numbers.guess, numbers.value) == ("float64", [0.0, 2.5])
    assert (forgotten.guess, forgotten.value, name_of(snapshot, forgotten.owner)) == ("int64", 1337, "leaver")
    for segment in value(snapshot, "text"), items, numbers:
        assert name_of(snapshot, segment.unlinked_by) == "main"
        assert segment.open_by == ()
        assert segment.unlinked is not None
    assert value(snapshot, "lent").manager is not None
    (finding,) = (finding for finding in snapshot.findings if finding.active)
    assert (finding.rule, finding.severity, finding.verdict) == ("not-unlinked", "warning", "certain")
    assert finding.message.startswith(f"leaver ended and never unlinked forgotten (made at {finding.site}): ")
    assert finding.objects == (forgotten.key,)
    assert not (Path("/dev/shm") / (forgotten.segment or "")).exists()


TRACKERS = """
    import multiprocessing as mp
    import os
    import sys
    import time
    from multiprocessing import shared_memory

    def attach(names, results):
        memory = shared_memory.SharedMemory(names.recv())
        results.send(memory.size)
        memory.close()

    if __name__ == "__main__":
        mp.set_start_method("fork")
        pipes, results = mp.Pipe(False), mp.Pipe(False)
        child = mp.Process(target=attach, args=(pipes[0], results[1]), name="child")
        child.start()
        data = shared_memory.SharedMemory(create=True, size=100)
        pipes[1].send(data.name)
        results[0].recv()
        child.join()
        while os.path.exists("/dev/shm/" + data.name) or not os.path.exists(sys.argv[1]):
            time.sleep(0.01)
        data.close()
"""


def test_a_tracker_that_unlinks_a_segment_in_use_is_found(see: See, tmp_path: Path) -> None:
    """The program shows bpo-38119: a tracker unlinks a segment that other processes use."""
    go = tmp_path / "go"
    seen = see(CURRENT, TRACKERS, str(go))
    snapshot = seen.until(lambda snapshot: value(snapshot, "data").unlinked is not None if snapshot.values else False)
    go.touch()
    snapshot = seen.end(status=None)
    data = value(snapshot, "data")
    assert data.unlinked_by is None
    assert [name_of(snapshot, key) for key in data.bereft] == ["main"]
    (finding,) = (finding for finding in snapshot.findings if finding.rule == "unlinked-in-use")
    how = "the resource tracker of child unlinked it"
    assert finding.message.startswith(f"main had data (made at {finding.site}) open, and {how}")


GONE = """
    import os
    import subprocess
    import sys
    import time
    from multiprocessing import shared_memory

    CODE = "import sys; from multiprocessing import shared_memory; shared_memory.SharedMemory(sys.argv[1]).close()"

    if __name__ == "__main__":
        data = shared_memory.SharedMemory(create=True, size=100)
        subprocess.run([sys.executable, "-c", CODE, data.name], check=True)
        while os.path.exists("/dev/shm/" + data.name):
            time.sleep(0.001)
        try:
            data.unlink()
        except FileNotFoundError:
            data.close()
"""


def test_a_segment_that_unlink_no_longer_finds_was_unlinked_by_a_program_of_subprocess(see: See) -> None:
    snapshot = see(CURRENT, GONE).end()
    assert value(snapshot, "data").unlinked_by is None
    (finding,) = (finding for finding in snapshot.findings if finding.rule in ("unlinked-in-use", "not-unlinked"))
    assert finding.rule == "unlinked-in-use"
    assert "probably by the resource tracker of a Python that subprocess had started" in finding.message
