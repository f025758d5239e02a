# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "Two locks, two orders"
# group = "break"
# order = 610
# [[tool.rockproc.try]]
# do = "Wait. Both workers stop: which waits for which?"
# see = {finding = "deadlock"}
# [[tool.rockproc.try]]
# do = "Terminate worker-2. Does worker-1 continue?"
# see = {process = "worker-2", signal = "SIGTERM"}
# [[tool.rockproc.try]]
# do = "Run again and interrupt worker-2 (i) instead. Now worker-1 finishes: what is different?"
# see = {process = "worker-1", exitcode = 0}
# ///
"""Two workers take the same two locks in opposite order.

`worker-1` takes `a` and then wants `b`; `worker-2` takes `b` and then wants `a`. As long as one of them has released
both before the other begins, all goes well. Then comes the moment in which each holds its first lock and waits for the
lock that the other holds. Neither releases its own: a **deadlock**, which lasts forever without help from outside.

The cure is one order for all processes: each takes `a` first.
"""

import time
from multiprocessing import Lock, Process, current_process


def work(first, second):
    name = current_process().name
    for turn in range(1, 6):
        with first:
            print(f"{name}: turn {turn}, I have one lock")
            time.sleep(0.6)
            with second:
                print(f"{name}: turn {turn}, I have both")
                time.sleep(0.4)
        time.sleep(0.3)
    print(f"{name}: I am through")


if __name__ == "__main__":
    a, b = Lock(), Lock()
    one = Process(target=work, args=(a, b), name="worker-1")
    other = Process(target=work, args=(b, a), name="worker-2")
    one.start()
    time.sleep(1.5)  # for one turn worker-1 is alone, and nothing is wrong
    other.start()
    one.join()
    other.join()
    print("main: both are through")
