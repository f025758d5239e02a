"""Small tasks for two workers of a Pool, each sent by itself: the seconds of one task, by the clock and of CPU."""

import resource
import time
from multiprocessing import Pool

COUNT = 10_000


def square(number):
    return number * number


def used():
    """Seconds of CPU of this process and of those children that it has joined."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


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
