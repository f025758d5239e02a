"""The handler of SIGTERM sets the Event that the worker waits for. A helper sends the signal."""

import os
import signal
import time
from multiprocessing import Event, Process


def work(over):
    over.wait()


def ask(pid):
    time.sleep(8)
    os.kill(pid, signal.SIGTERM)


if __name__ == "__main__":
    over = Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    worker = Process(target=work, args=(over,))
    worker.start()
    helper = Process(target=ask, args=(os.getpid(),))
    helper.start()
    worker.join()
    helper.join()
