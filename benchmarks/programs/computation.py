"""Pure computation in two processes: the seconds of both together, by the clock and of CPU."""

import resource
import time
from multiprocessing import Process


def compute():
    total = 0
    for number in range(4_000_000):
        total += number * number % 7


def used():
    """Seconds of CPU of this process and of those children that it has joined."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


if __name__ == "__main__":
    began, before = time.perf_counter(), used()
    workers = [Process(target=compute) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(time.perf_counter() - began, used() - before)
