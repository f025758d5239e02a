# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "The GIL: threads and processes"
# group = "scale"
# order = 520
# [[tool.rockproc.try]]
# do = "First round: two threads in main. How much CPU does each of them get?"
# see = {process = "process-1"}
# [[tool.rockproc.try]]
# do = "Second round: look at the CPU of process-1 and process-2, and at both times in the output."
# see = {process = "process-1", exitcode = 0}
# [[tool.rockproc.try]]
# do = "Run again and freeze process-1 (z). Does process-2 get any faster?"
# see = {process = "process-1", state = "stopped"}
# ///
"""The same work, twice: in two threads, then in two processes.

In CPython one thread at a time may run Python code; it holds the **global interpreter lock**. Two threads that
compute share *one* core, and take as long as one after the other. Two processes have an interpreter and a lock
each, and the computer gives them *two* cores.

Threads are still right for waiting (on the network, on files), since a thread that waits releases the lock.
A number on the command line sets how many rounds each of them computes.
"""

import os
import sys
import time
from multiprocessing import Process
from threading import Thread


def crunch(rounds):
    total = 0
    for number in range(rounds):
        total += number * number % 7
    return total


def measure(kind, rounds):
    name = kind.__name__.lower()
    workers = [kind(target=crunch, args=(rounds,), name=f"{name}-{number}") for number in (1, 2)]
    started = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - started


if __name__ == "__main__":
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000_000
    others = os.getloadavg()[0]
    print("main: two threads")
    threads = measure(Thread, rounds)
    print(f"main: two threads took {threads:.1f} seconds")
    time.sleep(1)
    print("main: two processes")
    processes = measure(Process, rounds)
    print(f"main: threads {threads:.1f} s, processes {processes:.1f} s: {threads / processes:.1f} times as fast")
    if others > os.cpu_count() / 2:
        print(f"main: the machine was busy (load {others:.1f} of {os.cpu_count()}), so the times say little")
