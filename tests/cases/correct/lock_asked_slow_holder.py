"""Main asks for a Lock and a permit without waiting. The process that has both releases them after seven seconds."""

import time
from multiprocessing import Event, Lock, Process, Semaphore


def work(lock, permits, held):
    with lock, permits:
        held.set()
        time.sleep(7)


if __name__ == "__main__":
    lock, permits, held = Lock(), Semaphore(1), Event()
    process = Process(target=work, args=(lock, permits, held))
    process.start()
    held.wait()
    while not lock.acquire(block=False):
        time.sleep(0.05)
    while not permits.acquire(timeout=0.1):
        print("busy")
    permits.release()
    lock.release()
    process.join()
