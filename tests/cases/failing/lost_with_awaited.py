"""os._exit() drops the items that the feeder thread has not written, and main waits for them."""

import multiprocessing as mp, os


def work(q):
    for i in range(10):
        q.put("x" * 20000)
    os._exit(0)


if __name__ == "__main__":
    q = mp.Queue()
    p = mp.Process(target=work, args=(q,))
    p.start()
    for _ in range(10):
        print(len(q.get()))
    p.join()
