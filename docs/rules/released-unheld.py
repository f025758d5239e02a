"""The lock is released also where acquire() has timed out, while another process is still inside."""

import time
from multiprocessing import Lock, Process


def work(lock, seconds):
    lock.acquire(timeout=0.5)
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
        lock.acquire(timeout=0.1)
    slow.join()
