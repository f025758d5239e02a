# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "Hello, process"
# group = "create"
# order = 110
# [[tool.rockproc.try]]
# do = "Watch the first second: the greeter has a name, but no pid. What makes it real?"
# see = {process = "greeter", state = "created"}
# [[tool.rockproc.try]]
# do = "Run again and terminate the greeter while it speaks. Which exit code does main get?"
# see = {process = "greeter", signal = "SIGTERM"}
# [[tool.rockproc.try]]
# do = "Choose another start method (s) and run again. The output is the same: what takes longer?"
# see = {process = "greeter", start_method = "*s*", exitcode = 0}
# ///
"""One program, two processes.

`Process(target=greet, …)` makes only a **handle**, an object in the main process. There is no child yet, and no
pid. `start()` makes the child; from then on both run at the same time. `join()` waits until the child has ended.

The child has its *own* memory. It empties its list of guests, and the list in the main process stays as it was:
arguments travel to the child, nothing travels back by itself.
"""

import os
import time
from multiprocessing import Process


def greet(guests):
    print(f"greeter: I am process {os.getpid()}, a child of {os.getppid()}")
    while guests:
        time.sleep(0.8)
        print(f"greeter: hello, {guests.pop(0)}!")
    print(f"greeter: my list is {guests} now")


if __name__ == "__main__":
    guests = ["Ada", "Grace", "Edsger", "Barbara"]
    greeter = Process(target=greet, args=(guests,), name="greeter")
    print(f"main: I have a handle. Its pid is {greeter.pid}")
    time.sleep(1.5)

    greeter.start()
    print(f"main: started. Its pid is {greeter.pid}, mine is {os.getpid()}")
    greeter.join()
    print(f"main: joined. Its exit code is {greeter.exitcode}, and my list is still {guests}")
