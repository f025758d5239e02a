"""Pure computation in two processes: the seconds of both together, by the clock and of CPU."""

import time
from multiprocessing import Process

from cpu import used


def compute():
    total = 0
    for number in range(20_000_000):
        total += number * number % 7


if __name__ == "__main__":
    began, before = time.perf_counter(), used()
    workers = [Process(target=compute) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(time.perf_counter() - began, used() - before)
