"""SharedMemory and ShareableLists from outside: content, size, names, and who has them open."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from rockproc.observer.model import Snapshot

from tests.observer.attach.conftest import Start, look_until, start

__all__ = ["start"]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="attach reads /proc")

PROGRAM = """
    from multiprocessing import shared_memory

    def use(name, scores):
        mine = shared_memory.SharedMemory(name)
        mine.buf[0:5] = b"hello"
        time.sleep(1000)

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        block = shared_memory.SharedMemory(create=True, size=4096)
        scores = shared_memory.ShareableList([1, "two", 3.5])
        gone = shared_memory.SharedMemory(create=True, size=64)
        gone.unlink()
        child = mp.Process(target=use, args=(block.name, scores), name="child", daemon=True)
        child.start()
        while bytes(block.buf[0:5]) != b"hello":
            time.sleep(0.1)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        try:
            time.sleep(1000)
        finally:
            block.unlink()
            scores.shm.unlink()
"""


@pytest.mark.parametrize(("version", "method"), [("3.8", "fork"), ("3.11", "spawn"), ("3.15", "forkserver")])
def test_segments_are_shown_with_their_content_and_their_users(version: str, method: str, start: Start) -> None:
    def shown(snapshot: Snapshot) -> bool:
        names = {process.key: process.name for process in snapshot.processes}
        users = {value.name: {names[key] for key in value.open_by} for value in snapshot.values}
        both = {"MainProcess", "child"}
        return users.get("block") == users.get("scores") == both and any(
            value.value == "hello" for value in snapshot.values
        )

    snapshot = look_until(pid := start(PROGRAM, version, method), shown)
    os.kill(pid, signal.SIGTERM)  # it removes its segments
    values = {value.name: value for value in snapshot.values}
    assert values.keys() == {"block", "scores", "gone"}
    block, scores, gone = values["block"], values["scores"], values["gone"]
    assert (block.kind, block.size, block.guess, block.unlinked) == ("SharedMemory", 4096, "str", None)
    assert (scores.kind, scores.value) == ("ShareableList", [1, "two", 3.5])
    assert gone.unlinked is not None
    assert (block.reads, block.writes) == (None, None)  # nobody has counted
    assert [finding.rule for finding in snapshot.findings] == []
