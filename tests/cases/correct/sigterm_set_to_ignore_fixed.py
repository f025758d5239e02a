"""The child ignores SIGTERM; main notices that terminate() does not end it, and kills it."""

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
    process.join(timeout=1.5)
    if process.is_alive():
        process.kill()
    process.join()
    print(process.exitcode)
