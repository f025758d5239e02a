"""Two processes take the same two locks in the same order."""

import time
from multiprocessing import Lock, Process


def work(first, second):
    with first:
        time.sleep(0.5)
        with second:
            pass


if __name__ == "__main__":
    a, b = Lock(), Lock()
    processes = [Process(target=work, args=(a, b)), Process(target=work, args=(a, b))]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
