"""Increments of a Value under a Lock, in one process. Prints the seconds of the fastest of ten rounds."""

import time
from multiprocessing import Lock, Value

ROUNDS, COUNT = 10, 40_000


def count(lock, counter):
    began = time.perf_counter()
    for _ in range(COUNT):
        with lock:
            counter.value += 1
    return time.perf_counter() - began


if __name__ == "__main__":
    lock, counter = Lock(), Value("i", 0)
    print(min(count(lock, counter) for _ in range(ROUNDS)))
