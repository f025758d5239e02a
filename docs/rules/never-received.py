"""The loop ends as soon as the Queue is empty for a moment, while the workers still have items to put."""

import time
from multiprocessing import Process, Queue


def work(number, results):
    for part in range(3):
        time.sleep(0.05)
        results.put((number, part))


if __name__ == "__main__":
    results = Queue()
    workers = [Process(target=work, args=(number, results)) for number in range(2)]
    for worker in workers:
        worker.start()
    found = []
    while not results.empty():
        found.append(results.get())
    for worker in workers:
        worker.join()
    print(len(found), "of 6")
