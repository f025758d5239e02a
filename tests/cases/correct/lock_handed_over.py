"""A Lock as a signal: main takes it, the worker releases it when it is ready (allowed for a Lock)."""

from multiprocessing import Process, Lock
import time


def worker(ready):
    time.sleep(6)
    ready.release()


if __name__ == "__main__":
    ready = Lock()
    ready.acquire()
    p = Process(target=worker, args=(ready,))
    p.start()
    ready.acquire()
    print("ready")
    p.join()
