"""Main reads a Value until a handler of SIGTERM writes it. The worker ends long before a helper sends the signal."""

import os
import signal
import time
from multiprocessing import Process, Value


def work():
    raise SystemExit(1)


def ask(pid):
    time.sleep(8)
    os.kill(pid, signal.SIGTERM)


if __name__ == "__main__":
    over = Value("i", 0)

    def stop(*_):
        over.value = 1

    signal.signal(signal.SIGTERM, stop)
    worker = Process(target=work)
    helper = Process(target=ask, args=(os.getpid(),))
    worker.start()
    worker.join()
    print(worker.exitcode)
    helper.start()
    while not over.value:
        time.sleep(0.05)
    helper.join()
