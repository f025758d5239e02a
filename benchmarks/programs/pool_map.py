"""Small tasks for two workers of a Pool, each sent by itself: the seconds of one task, by the clock and of CPU."""

import time
from multiprocessing import Pool

from cpu import used

COUNT = 10_000


def square(number):
    return number * number


if __name__ == "__main__":
    before = used()
    with Pool(2) as pool:
        pool.map(square, range(10))
        began = time.perf_counter()
        pool.map(square, range(COUNT), chunksize=1)
        took = time.perf_counter() - began
        pool.close()
        pool.join()
    print(took / COUNT, (used() - before) / COUNT)
