"""A Lock is used as a gate: main has closed it, and another process opens it."""

import time
from multiprocessing import Lock, Process


def passes(gate):
    gate.acquire()


def opens(gate):
    time.sleep(8)
    gate.release()


if __name__ == "__main__":
    gate = Lock()
    gate.acquire()
    processes = [Process(target=function, args=(gate,)) for function in (passes, opens)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
