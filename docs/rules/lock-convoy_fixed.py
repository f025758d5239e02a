"""Four processes hold the lock only while they write a line."""

import time
from multiprocessing import Lock, Process


def work(lock):
    for _ in range(25):
        time.sleep(0.05)  # computes
        with lock:
            print("a line of the log")


if __name__ == "__main__":
    lock = Lock()
    processes = [Process(target=work, args=(lock,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
