"""A slice of an Array is read and written: the seconds of both, by the clock and of CPU, in the best of ten rounds."""

import time
from multiprocessing import Array

ROUNDS, COUNT = 10, 20_000


def rotate(array):
    began, before = time.perf_counter(), time.process_time()
    for _ in range(COUNT):
        array[10:20] = array[20:30]
    return (time.perf_counter() - began) / COUNT, (time.process_time() - before) / COUNT


if __name__ == "__main__":
    array = Array("d", 100)
    print(*map(min, zip(*[rotate(array) for _ in range(ROUNDS)], strict=False)))
