# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "A counter without its lock"
# group = "share"
# order = 320
# [[tool.rockproc.try]]
# do = "Watch careless: three workers add one six times each. How much is missing from 18?"
# see = {process = "careless-3", exitcode = 0}
# [[tool.rockproc.try]]
# do = "Watch careful: it is slower, one worker at a time, and its result is right."
# see = {value = "careful", equals = 18}
# [[tool.rockproc.try]]
# do = "Run again and freeze careful-1 (z) while it holds the lock. Which other processes stop?"
# see = {process = "careful-1", state = "stopped"}
# [[tool.rockproc.try]]
# do = "Run again and kill careful-1 (9) while it holds the lock. Does any process continue?"
# see = {process = "careful-1", signal = "SIGKILL"}
# ///
"""Why `counter.value += 1` loses counts.

It is three steps: *read* the value, *add* one, *write* the sum back. Each of them is safe by itself. But between
the read and the write another process can do the same, and then both write the same sum: two updates, one effect.

`one()` stretches that gap from a microsecond to a good part of a second. Without the sleep it happens less often,
which makes it worse: the test passes, and the bill is wrong once a month.

`with counter.get_lock():` holds the Value's own lock over all three steps, and nothing is lost.
"""

import random
import time
from multiprocessing import Process, Value, current_process


def one():
    time.sleep(random.uniform(0.1, 0.4))
    return 1


def count_carelessly(counter):
    for _ in range(6):
        counter.value += one()
        print(f"{current_process().name}: I wrote {counter.value}")


def count_carefully(counter):
    for _ in range(6):
        with counter.get_lock():
            counter.value += one()
            print(f"{current_process().name}: I wrote {counter.value}")


def run(target, counter, name):
    workers = [Process(target=target, args=(counter,), name=f"{name}-{number}") for number in (1, 2, 3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(f"main: {name}: 3 × 6 = {counter.value}")


if __name__ == "__main__":
    careless = Value("i", 0)
    careful = Value("i", 0)
    run(count_carelessly, careless, "careless")
    time.sleep(1)
    run(count_carefully, careful, "careful")
