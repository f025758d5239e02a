"""A dict in a manager is written and read: the seconds of one call, by the clock and of CPU."""

import time
from multiprocessing import Manager

from cpu import used

COUNT = 5_000


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
