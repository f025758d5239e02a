"""Pure computation in two processes. Prints its seconds."""

import time
from multiprocessing import Process


def compute():
    total = 0
    for number in range(6_000_000):
        total += number * number % 7


if __name__ == "__main__":
    began = time.perf_counter()
    workers = [Process(target=compute) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(time.perf_counter() - began)
