"""Starts processes that do nothing, one by one, by the start method that is named, and prints the seconds of one.

They are given by the clock and in CPU time. A forkserver does not report what its children use.
"""

import multiprocessing
import sys
import time

from cpu import used


def nothing():
    pass


def start():
    process = multiprocessing.Process(target=nothing)
    process.start()
    process.join()


if __name__ == "__main__":
    method = sys.argv[1]
    count = 100 if method == "fork" else 10
    multiprocessing.set_start_method(method)
    start()  # a server of forks starts with the first
    began, before = time.perf_counter(), used()
    for _ in range(count):
        start()
    print((time.perf_counter() - began) / count, (used() - before) / count)
