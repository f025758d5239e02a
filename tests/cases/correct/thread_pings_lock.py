"""Two processes with two locks in opposite order, who try the second with a time-out and back off."""

from multiprocessing import Process, Lock
import time, random


def worker(a, b, n):
    for _ in range(3):
        while True:
            with a:
                time.sleep(0.2)
                if b.acquire(timeout=random.uniform(0.5, 2)):
                    b.release()
                    break
            time.sleep(random.random())
    print(n, "done", flush=True)


if __name__ == "__main__":
    a, b = Lock(), Lock()
    ps = [Process(target=worker, args=(a, b, 1)), Process(target=worker, args=(b, a, 2))]
    for p in ps:
        p.start()
    for p in ps:
        p.join()
