"""Processes add to items of a manager under a lock of the manager, and start again from nothing several times."""

from multiprocessing import Manager, Process


def count(hits, totals, lock, n):
    for _ in range(n):
        with lock:
            hits["all"] = hits.get("all", 0) + 1
            if hits["all"] == 10:
                hits["all"] = 0
                totals.rounds += 1


if __name__ == "__main__":
    with Manager() as manager:
        hits, totals, lock = manager.dict(), manager.Namespace(rounds=0), manager.Lock()
        processes = [Process(target=count, args=(hits, totals, lock, 50)) for _ in range(3)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        assert (hits["all"], totals.rounds) == (0, 15)
