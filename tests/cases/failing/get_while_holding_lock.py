"""Main holds the lock that its worker needs before it puts, and waits for the item."""

import multiprocessing as mp


def worker(lock, q):
    with lock:
        q.put("report")


if __name__ == "__main__":
    lock, q = mp.Lock(), mp.Queue()
    p = mp.Process(target=worker, args=(lock, q))
    with lock:
        p.start()
        print(q.get())
    p.join()
