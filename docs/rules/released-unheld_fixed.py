"""The lock is released only where acquire() has returned True."""

import time
from multiprocessing import Lock, Process


def work(lock, seconds):
    if not lock.acquire(timeout=0.5):
        print("busy")
        return
    try:
        print("inside")
        time.sleep(seconds)
    finally:
        lock.release()


if __name__ == "__main__":
    lock = Lock()
    slow = Process(target=work, args=(lock, 4))
    slow.start()
    time.sleep(1)
    for _ in range(2):
        process = Process(target=work, args=(lock, 0.1))
        process.start()
        process.join()
    slow.join()
