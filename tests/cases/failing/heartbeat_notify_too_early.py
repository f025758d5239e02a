from multiprocessing import Process, Condition
import time


def w(c):
    time.sleep(1)
    with c:
        c.wait()


if __name__ == "__main__":
    import threading as _t, time as _s

    _t.Thread(target=lambda: [_s.sleep(3) for _ in range(99)], daemon=True).start()
    c = Condition()
    p = Process(target=w, args=(c,))
    p.start()
    with c:
        c.notify()
    p.join()
