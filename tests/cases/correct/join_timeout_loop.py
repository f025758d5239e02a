"""Joins with a time-out in a loop, and reads what the workers send between; a lot of data."""

from multiprocessing import Process, Queue
import queue, time


def worker(q, n):
    for i in range(n):
        q.put((i, "x" * 20000))


if __name__ == "__main__":
    q = Queue()
    got = 0
    ps = [Process(target=worker, args=(q, 40), name=f"w{i}") for i in range(3)]
    for p in ps:
        p.start()
    while any(p.is_alive() for p in ps):
        for p in ps:
            p.join(timeout=3)  # a patient parent
        try:
            while True:
                q.get(timeout=0.2)
                got += 1
        except queue.Empty:
            pass
    for p in ps:
        p.join()
    print("got", got)
