"""The program starts as many processes as there are cores, and each of them only computes."""

import os
import time
from multiprocessing import Pool


def compute(seconds):
    end = time.monotonic() + seconds
    rounds = 0
    while time.monotonic() < end:
        rounds += 1
    return rounds


if __name__ == "__main__":
    count = os.cpu_count()
    with Pool(count) as pool:
        print(sum(pool.map(compute, [8] * count, chunksize=1)))
