"""The loop also ends when no worker is left."""

import queue
from multiprocessing import Process, Queue


def worker(number, results):
    results.put("abc"[number])


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
            if not any(process.is_alive() for process in workers):
                break
    for process in workers:
        process.join()
    print(got)


if __name__ == "__main__":
    main()
