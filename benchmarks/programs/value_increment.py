"""A Value is increased under a Lock, in one process: the seconds of one, by the clock and of CPU, at their best."""

import time
from multiprocessing import Lock, Value

ROUNDS, COUNT = 10, 30_000


def count(lock, counter):
    began, before = time.perf_counter(), time.process_time()
    for _ in range(COUNT):
        with lock:
            counter.value += 1
    return (time.perf_counter() - began) / COUNT, (time.process_time() - before) / COUNT


if __name__ == "__main__":
    lock, counter = Lock(), Value("i", 0)
    print(*map(min, zip(*[count(lock, counter) for _ in range(ROUNDS)], strict=False)))
