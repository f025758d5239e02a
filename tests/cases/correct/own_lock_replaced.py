"""A supervisor kills a stuck worker that has a lock of its own, and starts another with a new lock."""

from multiprocessing import Process, Lock, Queue
import time


def worker(lock, q, stuck):
    with lock:
        if stuck:
            time.sleep(60)
        q.put("done")


if __name__ == "__main__":
    q = Queue()
    for attempt in range(2):
        lock = Lock()
        p = Process(target=worker, args=(lock, q, attempt == 0))
        p.start()
        p.join(2 if attempt == 0 else 40)
        if p.is_alive():
            p.kill()
            p.join()
            print("stuck, again")
    print(q.get())
