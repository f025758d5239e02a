"""A worker ends in the middle of a task, and the executor gives up all other tasks."""

import os
from concurrent.futures import ProcessPoolExecutor


def work(number):
    if number == 2:
        os._exit(1)
    return number


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as executor:
        for future in [executor.submit(work, number) for number in range(4)]:
            print(future.exception())
