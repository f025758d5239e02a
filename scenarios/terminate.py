# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "terminate() and what it leaves"
# group = "create"
# order = 140
# [[tool.rockproc.try]]
# do = "Watch guard-2 end by SIGTERM: its finally is missing in the output, and the key is still held."
# see = {process = "guard-2", signal = "SIGTERM"}
# [[tool.rockproc.try]]
# do = "Run again and interrupt guard-1 (i) early. Does its finally run now?"
# see = {process = "guard-1", exitcode = 1}
# [[tool.rockproc.try]]
# do = "Run again and kill guard-1 early. Can any process take the key now?"
# see = {process = "guard-1", signal = "SIGKILL"}
# ///
"""`terminate()` is a power cut, not a request.

It sends SIGTERM, and Python does nothing about that signal: the child ends *between two instructions*. No
exception is raised in it, so no `except`, no `finally`, no `with` gets its turn. Its exit code is −15.

- **A lock that it held stays held.** `guard-1` may go off duty and gives the key back; `guard-2` is terminated,
  and no process can take the key again.
- **A Queue that it read stays blocked.** While `reader` waits in `get()` it holds the Queue's own lock. Then a
  letter lies in the Queue, and still no process can fetch it.

The clean way is to *ask*: an Event that the child looks at, or a None in its Queue.
"""

import time
from multiprocessing import Event, Lock, Process, Queue, current_process
from queue import Empty


def guard(key, on_duty):
    name = current_process().name
    with key:
        on_duty.set()
        try:
            for hour in range(1, 6):
                print(f"{name}: {hour} o'clock, and all is well")
                time.sleep(0.5)
        finally:
            print(f"{name}: finally, I give the key back")


def read(letters, at_desk):
    at_desk.set()
    print(f"reader: a letter for me: {letters.get()}")


if __name__ == "__main__":
    key, on_duty = Lock(), Event()
    first = Process(target=guard, args=(key, on_duty), name="guard-1")
    first.start()
    first.join()
    print(f"main: guard-1 went off duty, exit code {first.exitcode}")

    on_duty.clear()
    second = Process(target=guard, args=(key, on_duty), name="guard-2")
    second.start()
    on_duty.wait()
    time.sleep(1.2)
    second.terminate()
    second.join()
    print(f"main: guard-2 was terminated, exit code {second.exitcode}")
    if not key.acquire(timeout=2):
        print("main: I waited 2 seconds for the key. It will never come")

    letters, at_desk = Queue(), Event()
    reader = Process(target=read, args=(letters, at_desk), name="reader")
    reader.start()
    at_desk.wait()
    time.sleep(1)
    reader.terminate()
    reader.join()
    letters.put("Dear reader")
    try:
        letters.get(timeout=1)
    except Empty:
        print("main: I put a letter into the Queue, and get() says that there is none")
