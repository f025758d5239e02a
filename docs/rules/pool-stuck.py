"""A worker is killed while it waits for a task, with the lock that the others need for that."""

import multiprocessing
import time
from multiprocessing import Pool


def square(number):
    return number * number


if __name__ == "__main__":
    with Pool(2) as pool:
        time.sleep(1)
        for process in multiprocessing.active_children():
            process.kill()
        print(pool.map(square, range(4)))
