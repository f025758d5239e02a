"""Each worker puts None when it is done, and main gets items until both have done so."""

import time
from multiprocessing import Process, Queue


def work(number, results):
    for part in range(3):
        time.sleep(0.05)
        results.put((number, part))
    results.put(None)


if __name__ == "__main__":
    results = Queue()
    workers = [Process(target=work, args=(number, results)) for number in range(2)]
    for worker in workers:
        worker.start()
    found = []
    working = len(workers)
    while working:
        item = results.get()
        if item is None:
            working -= 1
        else:
            found.append(item)
    for worker in workers:
        worker.join()
    print(len(found), "of 6")
