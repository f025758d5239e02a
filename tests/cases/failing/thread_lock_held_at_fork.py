"""fork while a thread logs: the child hangs in logging's lock."""

import logging, threading, multiprocessing as mp, time


class Slow(logging.Handler):
    def emit(self, r):
        time.sleep(0.5)


log = logging.getLogger()
log.addHandler(Slow())
lock = threading.RLock()


def bg():
    while True:
        with lock:
            time.sleep(0.2)


def child():
    with lock:
        print("child", flush=True)


if __name__ == "__main__":
    threading.Thread(target=bg, daemon=True).start()
    time.sleep(0.1)
    ps = [mp.get_context("fork").Process(target=child) for _ in range(3)]
    for p in ps:
        p.start()
    for p in ps:
        p.join()
