"""Two processes want one Lock all the time: the seconds of one taking and giving back, by the clock and of CPU."""

import time
from multiprocessing import Lock, Process

from cpu import used

COUNT = 100_000


def cycle(lock):
    for _ in range(COUNT):
        with lock:
            pass


if __name__ == "__main__":
    lock = Lock()
    began, before = time.perf_counter(), used()
    workers = [Process(target=cycle, args=(lock,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print((time.perf_counter() - began) / COUNT / 2, (used() - before) / COUNT / 2)
