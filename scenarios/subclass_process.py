# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "Subclass Process"
# group = "create"
# order = 120
# [[tool.rockproc.try]]
# do = "Look at the rehearsal: it counts, yet it never gets a pid. In which process does it run?"
# see = {process = "rocket-1", exitcode = 0}
# [[tool.rockproc.try]]
# do = "Run again and interrupt rocket-2 (i): SIGINT becomes a KeyboardInterrupt inside run(). Which exit code follows?"
# see = {process = "rocket-2", exitcode = 1}
# [[tool.rockproc.try]]
# do = "Run again and freeze rocket-1, and wait. What does main wait for meanwhile? Then let rocket-1 continue (z)."
# see = {process = "rocket-1", state = "stopped"}
# ///
"""A class of its own instead of a target.

A subclass of `Process` says in `run()` what the child does. `start()` makes the child, and *the child* calls
`run()`. Code that calls `run()` itself makes an ordinary method call: it runs here and now, without a child.

The attributes set in `__init__` go along into the child. What the child does to them afterwards happens to its
own copy, so the handles in the main process still say 8 when the rockets have counted to zero.
"""

import os
import time
from multiprocessing import Process


class Countdown(Process):
    def __init__(self, seconds, name):
        super().__init__(name=name)  # first of all: before it there is no process to set attributes on
        self.seconds = seconds

    def run(self):
        while self.seconds > 0:
            print(f"{self.name} (process {os.getpid()}): {self.seconds}")
            self.seconds -= 1
            time.sleep(0.7)
        print(f"{self.name} (process {os.getpid()}): lift-off")


if __name__ == "__main__":
    print(f"main: I am process {os.getpid()}. A rehearsal first: run() without start()")
    rehearsal = Countdown(3, name="rehearsal")
    rehearsal.run()

    print("main: now in earnest")
    rockets = [Countdown(8, name="rocket-1"), Countdown(8, name="rocket-2")]
    for rocket in rockets:
        rocket.start()
        time.sleep(0.3)
    for rocket in rockets:
        rocket.join()
        print(f"main: {rocket.name} has ended with {rocket.exitcode}; my handle still says {rocket.seconds} seconds")
