"""Main asks for a Lock without waiting, again and again. The process that holds it was killed."""

import os
import signal
import time
from multiprocessing import Event, Lock, Process


def work(lock, held):
    lock.acquire()
    held.set()
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    lock, held = Lock(), Event()
    process = Process(target=work, args=(lock, held))
    process.start()
    held.wait()
    while not lock.acquire(False):
        time.sleep(0.1)
    print("done")
