"""Workers crash; main asks its queue again and again, with a time-out."""

import queue
from multiprocessing import Process, Queue


def worker(number, results):
    table = {0: "a", 1: "b"}
    results.put(table[number])  # KeyError in worker 2


def main():
    results = Queue()
    workers = [Process(target=worker, args=(n, results)) for n in range(3)]
    for process in workers:
        process.start()
    got = []
    while len(got) < 3:
        try:
            got.append(results.get(timeout=0.5))
        except queue.Empty:
            continue
    print(got)


if __name__ == "__main__":
    main()
