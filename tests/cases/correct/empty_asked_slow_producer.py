"""Main asks whether a Queue is empty: one process puts its result at once, and the other one after seven seconds."""

import time
from multiprocessing import Process, Queue


def work(results, seconds):
    time.sleep(seconds)
    results.put(seconds)


if __name__ == "__main__":
    results = Queue()
    processes = [Process(target=work, args=(results, seconds)) for seconds in (0, 7)]
    for process in processes:
        process.start()
    while results.empty():
        time.sleep(0.1)
    found = [results.get()]
    while True:
        if results.empty():
            time.sleep(0.05)
            continue
        found.append(results.get())
        break
    for process in processes:
        process.join()
    print(found)
