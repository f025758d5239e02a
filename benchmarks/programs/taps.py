"""Prints how long the taps of a Pipe, a Queue, a lock and a Value take by themselves, the best of forty rounds.

Run it under observation:

rockproc-tui run benchmarks/programs/taps.py [ROUNDS]
"""

import io
import multiprocessing.connection
import multiprocessing.queues
import multiprocessing.sharedctypes  # noqa: F401 (these have taps as soon as they are there)
import sys
import time
from multiprocessing import Lock, Pipe, Queue, Value

COUNT, ROUNDS = 20_000, int(sys.argv[1]) if sys.argv[1:] else 40


def best(work):
    """Nanoseconds of CPU for one of its steps."""
    found = []
    for _ in range(ROUNDS):
        began = time.process_time_ns()
        work()
        found.append((time.process_time_ns() - began) / COUNT)
    return min(found)


def main():
    taps = "_rockproc_probe.taps."
    tap, queue_tap = sys.modules.get(taps + "connection"), sys.modules.get(taps + "queues")
    value_tap = sys.modules.get(taps + "sharedctypes")
    if tap is None or queue_tap is None or value_tap is None:
        print("There are no taps here: rockproc-tui run benchmarks/programs/taps.py")
        return
    sender, receiver = Pipe()
    queue, lock = Queue(), Lock()
    sender.send(1)
    receiver.recv()
    queue.put(1)
    queue.get()
    stream = io.BytesIO(b"message")

    def a_pipe():
        for _ in range(COUNT):
            tap.sending(sender, b"message")
            tap.sent(sender, b"message")
            tap.receiving(receiver)
            tap.received(receiver, stream)

    def a_queue():
        for _ in range(COUNT):
            queue._sem.acquire(False)
            queue_tap.put(queue)
            tap.sending(queue._writer, b"message")
            tap.sent(queue._writer, b"message")
            queue_tap.getting(queue, True, None)
            tap.receiving(queue._reader)
            tap.received(queue._reader, stream)
            queue._sem.release()

    def a_semaphore():
        for _ in range(COUNT):
            queue._sem.acquire(False)
            queue._sem.release()

    def a_lock():
        for _ in range(COUNT):
            with lock:
                pass

    def increments(value):
        def a_value():
            for _ in range(COUNT):
                value.value += 1

        return a_value

    compared = increments(made_value(value_tap, keeps_versions=True))
    not_compared = increments(made_value(value_tap, keeps_versions=False))

    print(f"a message through a Pipe  {best(a_pipe):5.0f} ns")
    print(f"an item of a Queue        {best(a_queue) - best(a_semaphore):5.0f} ns")
    print(f"a lock's cycle, in all    {best(a_lock):5.0f} ns")
    print(f"the versions of a Value   {best(compared) - best(not_compared):5.0f} ns for an increment")


def made_value(value_tap, *, keeps_versions):
    """Return a Value; its lost updates can be detected only if it keeps versions."""
    value_tap.keeps_versions = keeps_versions
    value = Value("i", 0)
    value.value = 1  # the tap is made at the first use
    return value


if __name__ == "__main__":
    main()
