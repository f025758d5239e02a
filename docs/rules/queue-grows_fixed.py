"""The Queue has a bound, so that put() waits for the consumer."""

import time
from multiprocessing import Process, Queue


def produce(rows):
    for number in range(2_000):
        rows.put(number)
        time.sleep(0.001)
    rows.put(None)


def consume(rows):
    while rows.get() is not None:
        time.sleep(0.002)


if __name__ == "__main__":
    rows = Queue(maxsize=100)
    processes = [Process(target=work, args=(rows,)) for work in (produce, consume)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
