"""The child ignores SIGTERM, as it has inherited or set it, so that terminate() does not end it."""

import signal
import time
from multiprocessing import Event, Process


def work(ready):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    ready.set()
    while True:
        time.sleep(0.5)


if __name__ == "__main__":
    ready = Event()
    process = Process(target=work, args=(ready,))
    process.start()
    ready.wait()
    process.terminate()
    process.join()
