"""A process is killed while it waits for an item of a Queue."""

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
    process.kill()
    process.join()
    time.sleep(1)  # another process that calls tasks.get() now may wait forever
