# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "Event: the starting gun"
# group = "coordinate"
# order = 420
# [[tool.rockproc.try]]
# do = "Before the start: what are all three runners doing, and how much CPU does that take?"
# see = {process = "runner-3", state = "waiting"}
# [[tool.rockproc.try]]
# do = "Run again and freeze runner-2 (z) before the start. Why does main not continue either? Let it continue (z)."
# see = {process = "runner-2", state = "stopped"}
# [[tool.rockproc.try]]
# do = "Run again and kill runner-2 before the start. Where does main hang, and why?"
# see = {process = "runner-2", signal = "SIGKILL"}
# ///
"""One flag that many wait for.

An `Event` is set or not. `wait()` returns at once when it is set, and otherwise sleeps until a process sets it: all
that wait are woken together. It stays set, so a process that comes late does not miss it.

Waiting costs nothing, unlike a loop that asks `is_set()` again and again. `set()` is less free than it looks: it
returns only when each sleeper has woken up.
"""

import random
import time
from multiprocessing import Event, Process, current_process


def run(start):
    name = current_process().name
    print(f"{name}: at the line")
    start.wait()
    for lap in (1, 2, 3):
        time.sleep(random.uniform(0.4, 0.9))
        print(f"{name}: lap {lap}")


if __name__ == "__main__":
    start = Event()
    runners = [Process(target=run, args=(start,), name=f"runner-{number}") for number in (1, 2, 3)]
    for runner in runners:
        runner.start()

    for count in (5, 4, 3, 2, 1):
        print(f"main: {count}")
        time.sleep(0.8)
    start.set()
    print("main: go!")

    for runner in runners:
        runner.join()
    print("main: all are in")
