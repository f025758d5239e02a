# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "Semaphore: two lanes for five"
# group = "coordinate"
# order = 440
# [[tool.rockproc.try]]
# do = "Watch lanes: how many hold it at once, and how many wait?"
# see = {lock = "lanes", min_contended = 2}
# [[tool.rockproc.try]]
# do = "Run again and freeze a swimmer that has a lane (z). Do the others still get a lane?"
# see = {process = "swimmer-*", state = "stopped"}
# [[tool.rockproc.try]]
# do = "Run again and kill a swimmer that has a lane (9). The others finish, but one at a time: what was lost?"
# see = {process = "swimmer-*", signal = "SIGKILL"}
# ///
"""A lock that lets in more than one.

A semaphore is a counter of free places. `acquire()` takes one and waits while there is none; `release()` gives one
back. With one place it would be a Lock; here two swimmers may be in the water at once.

A `BoundedSemaphore` refuses to have more places than at the start: one release too many is an error there, and in a
plain `Semaphore` it adds a place that should not exist.
"""

import time
from multiprocessing import BoundedSemaphore, Process, current_process


def swim(lanes):
    name = current_process().name
    print(f"{name}: at the pool")
    with lanes:
        for length in (1, 2, 3):
            print(f"{name}: length {length}")
            time.sleep(0.7)
    print(f"{name}: out of the water")


if __name__ == "__main__":
    lanes = BoundedSemaphore(2)
    swimmers = [Process(target=swim, args=(lanes,), name=f"swimmer-{number}") for number in (1, 2, 3, 4, 5)]
    for swimmer in swimmers:
        swimmer.start()
        time.sleep(0.2)
    for swimmer in swimmers:
        swimmer.join()

    try:
        lanes.release()
    except ValueError as error:
        print(f"main: a third lane? {error}")
