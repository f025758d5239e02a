"""Bypasses multiprocessing: bare forks, a daemon thread that prints until the end, and closed descriptors."""

import os
import threading
import time


def chat():
    while True:
        print("chat")
        time.sleep(1.5)


def is_there():
    return os.path.exists("end")  # noqa: PTH110


if __name__ == "__main__":
    os.closerange(3, 4096)
    pid = os.fork()
    if pid == 0:
        print("forked: here")
        while not is_there():
            time.sleep(0.01)
        os._exit(5)
    if os.fork() == 0:
        os.execvp("sleep", ["sleep", "600"])
    threading.Thread(target=chat, daemon=True).start()  # not before the forks: they would inherit a lock of print
    os.waitpid(pid, 0)
    print("main: ends")
