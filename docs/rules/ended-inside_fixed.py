"""The process is asked by an item to end."""

import time
from multiprocessing import Process, Queue


def work(tasks):
    while tasks.get() is not None:
        pass


if __name__ == "__main__":
    tasks = Queue()
    tasks.put(1)
    process = Process(target=work, args=(tasks,))
    process.start()
    time.sleep(2)
    tasks.put(None)
    process.join()
    time.sleep(1)
