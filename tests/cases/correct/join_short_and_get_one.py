"""Joins for 0.1 s and gets one item, in turns, until the worker has ended."""

from multiprocessing import Process, Queue
import queue


def worker(q):
    for i in range(40):
        q.put("x" * 20000)


if __name__ == "__main__":
    q = Queue()
    p = Process(target=worker, args=(q,))
    p.start()
    got = 0
    while p.is_alive() or not q.empty():
        p.join(timeout=0.1)
        try:
            q.get(timeout=0.1)
            got += 1
        except queue.Empty:
            pass
    p.join()
    print(got, p.exitcode)
