"""Four processes hold the lock for all of their work, so that only one of them works at a time."""

import time
from multiprocessing import Lock, Process


def work(lock):
    for _ in range(25):
        with lock:
            time.sleep(0.05)  # computes
            print("a line of the log")


if __name__ == "__main__":
    lock = Lock()
    processes = [Process(target=work, args=(lock,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
