"""A dict in a manager is written and read: the seconds of one call, by the clock and of CPU."""

import resource
import time
from multiprocessing import Manager

COUNT = 5_000


def used():
    """Seconds of CPU of this process and of those children that it has joined."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


if __name__ == "__main__":
    before = used()
    with Manager() as manager:
        shared = manager.dict()
        began = time.perf_counter()
        for number in range(COUNT):
            shared["number"] = number
            shared.get("number")
        took = time.perf_counter() - began
    print(took / COUNT / 2, (used() - before) / COUNT / 2)
