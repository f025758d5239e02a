"""Three processes add to items of a manager: each update is two calls, and others come between them."""

import time
from multiprocessing import Manager, Process


def found():
    time.sleep(0.005)
    return 1


def count(hits, totals, n):
    for _ in range(n):
        hits["all"] = hits.get("all", 0) + found()
        totals.count += found()


if __name__ == "__main__":
    with Manager() as manager:
        hits, totals = manager.dict(), manager.Namespace(count=0)
        processes = [Process(target=count, args=(hits, totals, 40)) for _ in range(3)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        print(hits["all"], totals.count)
