"""The process ends by itself, after set()."""

import time
from multiprocessing import Event, Process


def work(event):
    event.wait()


if __name__ == "__main__":
    event = Event()
    process = Process(target=work, args=(event,))
    process.start()
    time.sleep(1)
    event.set()
    process.join()
