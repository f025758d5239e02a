"""Consumer polls with a time-out forever after its producer was killed."""

from multiprocessing import Process, Queue
import queue, time


def prod(q):
    q.put(1)
    time.sleep(60)


def cons(q):
    while True:
        try:
            if q.get(timeout=1) is None:
                return
        except queue.Empty:
            continue


if __name__ == "__main__":
    q = Queue()
    p = Process(target=prod, args=(q,))
    c = Process(target=cons, args=(q,))
    p.start()
    c.start()
    time.sleep(1)
    p.kill()
    p.join()
    c.join()
