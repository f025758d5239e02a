"""Two workers get from a Queue."""

import time
from multiprocessing import Process, Queue


def work(tasks):
    while tasks.get() is not None:
        pass


if __name__ == "__main__":
    tasks = Queue()
    workers = [Process(target=work, args=(tasks,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    time.sleep(1)
    for _ in workers:
        tasks.put(None)
    for worker in workers:
        worker.join()
