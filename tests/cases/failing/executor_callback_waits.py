"""A callback of a future waits for another result of the same executor, whose thread runs the callback."""

import time
from concurrent.futures import ProcessPoolExecutor


def work(number):
    time.sleep(0.2)
    return number


if __name__ == "__main__":
    executor = ProcessPoolExecutor(2)
    first, second = executor.submit(work, 1), executor.submit(work, 2)
    first.add_done_callback(lambda future: print(future.result() + third.result()))
    third = executor.submit(work, 3)
    print(second.result())
    print(third.result())
