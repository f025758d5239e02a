"""Two hundred children, of which fifty take and release a lock of their own, all together so many times a second.

Each does what falls to it in bursts, twenty a second, as a program does that handles what has come in meanwhile.

python benchmarks/busy_crowd.py OPERATIONS-A-SECOND
"""

import sys
import time
from multiprocessing import Lock, Process

CHILDREN, BUSY, PAUSE = 200, 50, 0.05


def work(lock, share):
    due, done, began = 0.0, 0, time.monotonic()
    while True:
        due = (time.monotonic() - began) * share / 2  # a lock that is taken and released makes two operations
        while done < due:
            with lock:
                done += 1
        time.sleep(PAUSE)


if __name__ == "__main__":
    share = float(sys.argv[1]) / BUSY
    locks = [Lock() for _ in range(BUSY)]
    children = [Process(target=work, args=(lock, share), daemon=True) for lock in locks]
    children += [Process(target=time.sleep, args=(600,), daemon=True) for _ in range(CHILDREN - BUSY)]
    for child in children:
        child.start()
    for child in children:
        child.join()
