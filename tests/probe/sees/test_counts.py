"""Counts are exact however much is sampled."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.probe.conftest import CURRENT, See, spread
from tests.probe.sees.found import ALL, channel, lock, process, value

STORM = """
    import multiprocessing as mp
    import os
    import signal
    import sys

    def storm(queue, lock, value, ends):
        for number in range(20_000):
            with lock:
                value.value += 1
        for number in range(3000):
            queue.put(number)
            ends.send(number)
        queue.close()
        queue.join_thread()
        os.kill(os.getpid(), signal.SIGKILL)

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        queue, lock, value = mp.Queue(), mp.Lock(), mp.Value("i", 0)
        reader, writer = mp.Pipe(False)
        child = mp.Process(target=storm, args=(queue, lock, value, writer))
        child.start()
        for number in range(3000):
            assert queue.get() == reader.recv() == number
        child.join()
        print(child.exitcode)
"""


@pytest.mark.parametrize(("detail", "version", "method"), spread(["light", "auto", "full"], every=2))
def test_counts_are_exact_whatever_the_detail(detail: str, version: str, method: str, see: See) -> None:
    """This must hold for a process that was killed, too."""
    seen = see(version, STORM, method, detail=detail)
    snapshot = seen.end()
    assert seen.output() == "-9"
    queue, pipe = channel(snapshot, "queue"), channel(snapshot, "reader ⇄ writer")
    assert (queue.put, queue.got, pipe.put, pipe.got) == (3000, 3000, 3000, 3000)
    assert lock(snapshot, "lock").acquired == 20_000
    number = value(snapshot, "value")
    assert (number.value, number.reads, number.writes) == (20_000, 20_000, 20_000)
    assert lock(snapshot, "value.get_lock()").acquired == 40_000
    written, sampled, dropped = seen.run.totals()
    assert dropped == 0
    if detail == "full":
        assert sampled == 0
        assert written > 80_000
    else:
        assert sampled > 60_000
        assert queue.sampled


@pytest.mark.slow
def test_more_objects_than_there_are_cells_are_counted(see: See) -> None:
    seen = see(CURRENT, (Path(__file__).parent.parent / "programs" / "many_objects.py").read_text(), "fork")
    snapshot = seen.end()
    assert seen.output() == "5000 0"
    pipes = [channel for channel in snapshot.channels if channel.name.startswith("one")]
    gone = snapshot.forgotten.channels
    assert (sum(pipe.put for pipe in pipes) + gone, sum(pipe.got for pipe in pipes) + gone) == (5000, 5000)
    kept = channel(snapshot, "ours ⇄ theirs")
    assert (kept.put, kept.got) == (11, 11)
    assert lock(snapshot, "lock").acquired == 5000
    assert seen.run.totals()[2] == 0, "nothing found no room"
    assert seen.run.faults() == []


RESULT_BEHIND_A_LOOP = """
    import multiprocessing as mp
    import sys

    def work(value, end):
        for _ in range(1000):
            with value.get_lock():
                value.value += 1
        end.send_bytes(b"first")
        end.send_bytes(b"second")

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        value, (here, there) = mp.Value("i"), mp.Pipe()
        child = mp.Process(target=work, args=(value, there), name="child")
        child.start()
        print(here.recv_bytes(), here.recv_bytes())
        child.join()
"""


@ALL
def test_the_few_messages_beside_a_fast_loop_are_seen(version: str, method: str, see: See) -> None:
    snapshot = see(version, RESULT_BEHIND_A_LOOP, method).end()
    child = process(snapshot, "child").key
    (pipe,) = [channel for channel in snapshot.channels if not channel.internal and channel.kind == "Pipe"]
    seen = [(event.op, event.message) for event in snapshot.messages.since(0)[1] if event.message.channel == pipe.key]
    for op in ("sent", "received"):
        messages = [(message.sender, message.content) for step, message in seen if step == op]
        assert messages == [(child, b"first"), (child, b"second")]
