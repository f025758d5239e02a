"""Gives the worker 4 s to end, then drains and joins: slow, but it always ends."""

from multiprocessing import Process, Queue


def worker(q):
    q.put("x" * 200000)


if __name__ == "__main__":
    q = Queue()
    p = Process(target=worker, args=(q,))
    p.start()
    p.join(4)
    data = q.get()
    p.join()
    print(len(data), p.exitcode)
