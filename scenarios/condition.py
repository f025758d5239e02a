# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "Condition: wait until it is so"
# group = "coordinate"
# order = 430
# [[tool.rockproc.try]]
# do = "Watch loaves and the two customers: both are woken, and both look again before they buy."
# see = {process = "customer-2", exitcode = 0}
# [[tool.rockproc.try]]
# do = "Run again and freeze the baker. What do the customers wait for: the lock, or bread?"
# see = {process = "baker", state = "stopped"}
# [[tool.rockproc.try]]
# do = "Run again and terminate the baker while it bakes. No process will call notify() any more: which ones hang?"
# see = {process = "baker", signal = "SIGTERM"}
# ///
"""Sleep until something is true, and be woken when it may have become so.

A `Condition` is a lock with a list of waiting processes. `wait()` gives the lock back, sleeps, and takes the
lock again when a process calls `notify`. So there is no moment between "there is no bread" and "I go to sleep" in
which a notification could be missed.

To be woken means *look again*: the other customer may have been faster. `wait_for()` does that loop.
The lock also guards `loaves`, which therefore needs none of its own.
"""

import time
from multiprocessing import Condition, Process, Value, current_process


def bake(fresh_bread, loaves):
    for batch in (1, 2, 3):
        time.sleep(1.5)
        with fresh_bread:
            loaves.value += 2
            print(f"baker: batch {batch}, {loaves.value} loaves on the shelf")
            fresh_bread.notify_all()
            time.sleep(0.6)  # the customers are awake, and need the lock that the baker still has


def shop(fresh_bread, loaves):
    name = current_process().name
    for bought in (1, 2, 3):
        with fresh_bread:
            fresh_bread.wait_for(lambda: loaves.value > 0)
            loaves.value -= 1
            print(f"{name}: my loaf number {bought}, {loaves.value} left")
            time.sleep(0.3)  # the other customer waits for its turn
        time.sleep(0.4)


if __name__ == "__main__":
    fresh_bread = Condition()
    loaves = Value("i", 0, lock=False)
    processes = [
        Process(target=shop, args=(fresh_bread, loaves), name="customer-1"),
        Process(target=shop, args=(fresh_bread, loaves), name="customer-2"),
        Process(target=bake, args=(fresh_bread, loaves), name="baker"),
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print(f"main: closed, {loaves.value} loaves left")
