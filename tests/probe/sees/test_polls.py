"""Attempts to receive that find nothing are counted: of `poll()`, with a time-out and without, and of `wait()`."""

from __future__ import annotations

from rockproc.observer.model import Snapshot

from tests.probe.conftest import See
from tests.probe.sees.found import ALL

POLLS = """
    import multiprocessing as mp
    import signal
    import sys
    import time
    from multiprocessing.connection import wait

    def polls(end):
        reader, writer = mp.Pipe(duplex=False)
        for _ in range(3):
            reader.poll(0.01)
        writer.send(1), reader.recv()
        for _ in range(2):
            reader.poll(0.01)
        signal.signal(signal.SIGALRM, lambda *_: reader.poll())
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        reader.poll(0.05)  # timed
        end.acquire()

    def asks(end):
        reader, writer = mp.Pipe()
        for _ in range(4):
            reader.poll()
        writer.send(1), reader.poll(), reader.recv(), reader.poll(0)
        end.acquire()

    def waits(end):
        (first, writer), (second, other) = mp.Pipe(), mp.Pipe()
        wait([first, second], 0.01)
        wait([second], 0.01)
        writer.send(1), wait([first, second], 0.01), first.recv()
        for _ in range(5):
            wait([first, second], 0.01)
        end.acquire()

    if __name__ == "__main__":
        mp.set_start_method(sys.argv[1])
        end = mp.Lock()
        end.acquire()
        children = [mp.Process(target=target, args=(end,), name=target.__name__) for target in (polls, asks, waits)]
        for child in children:
            child.start()
        for child in children:
            child.join()
"""


@ALL
def test_attempts_in_vain_are_counted(version: str, method: str, see: See) -> None:
    seen = see(version, POLLS, method)
    access = seen.run._observer.world.access  # pyright: ignore[reportPrivateUsage]

    def counts(snapshot: Snapshot) -> dict[str, tuple[int, int, int]]:
        """Return for each process how often what it asked most often was in vain, was not, and was asked at once."""
        found: dict[str, tuple[int, int, int]] = {}
        for child in snapshot.processes:
            thread = child.key, child.main_thread or 0
            asked = [
                (entry.gave_up[thread], entry.completed.get(thread, 0), entry.task_done.get(thread, 0))
                for entry in list(access.values())
                if thread in entry.gave_up
            ]
            found[child.name] = max(asked, default=(0, 0, 0))
        return found

    # The signal handler, which asks at once in the last call of `poll()`, counts for itself.
    expected = {"polls": (6, 1, 1), "asks": (0, 1, 5), "waits": (5, 4, 0)}
    seen.until(lambda snapshot: expected.items() <= counts(snapshot).items())
    lines = [site.line for entry in list(access.values()) for site in entry.gave_up_at.values()]
    assert lines == [seen.line("timed")]
