"""A worker ends in the middle of a task, and the Pool never reports that."""

import os
from multiprocessing import Pool


def work(number):
    if number == 2:
        os._exit(1)
    return number


if __name__ == "__main__":
    with Pool(2) as pool:
        print(pool.map(work, range(4)))
