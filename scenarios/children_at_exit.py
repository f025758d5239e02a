# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "When the parent ends first"
# group = "create"
# order = 150
# [[tool.rockproc.try]]
# do = "Watch main reach its last line: it terminates the daemon and waits for the worker."
# see = {process = "daemon", signal = "SIGTERM"}
# [[tool.rockproc.try]]
# do = "Run again and kill main (9) at once. Both children live on: which process is their parent now?"
# see = {process = "main", signal = "SIGKILL"}
# [[tool.rockproc.try]]
# do = "Run again and freeze the worker. How long does main wait before it can end?"
# see = {process = "worker", state = "stopped"}
# ///
"""Children that no process joins.

The main process starts two children and reaches the end of its code while they work. Leaving Python in the
ordinary way then does two things: it **terminates** every child made with `daemon=True`, and it **joins** all
others. So the program ends only when the worker has ended.

The parent does this only if it exits normally. If it is killed, its children, daemons too, live on as **orphans**
and get a new parent.
"""

import os
import time
from multiprocessing import Process, current_process


def tick(times):
    name = current_process().name
    for turn in range(1, times + 1):
        print(f"{name}: turn {turn} of {times}, my parent is {os.getppid()}")
        time.sleep(0.6)
    print(f"{name}: done")


if __name__ == "__main__":
    worker = Process(target=tick, args=(14,), name="worker")
    daemon = Process(target=tick, args=(14,), name="daemon", daemon=True)
    worker.start()
    daemon.start()

    time.sleep(5)
    print("main: this was my last line")
