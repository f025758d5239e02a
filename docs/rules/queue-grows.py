"""Items are put twice as fast as they are got."""

import time
from multiprocessing import Process, Queue


def produce(rows):
    for number in range(15_000):
        rows.put(number)
        time.sleep(0.001)
    rows.put(None)


def consume(rows):
    while rows.get() is not None:
        time.sleep(0.002)


if __name__ == "__main__":
    rows = Queue()
    processes = [Process(target=work, args=(rows,)) for work in (produce, consume)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
