"""A process is killed inside wait(), and set() waits for its answer."""

import time
from multiprocessing import Event, Process


def work(event):
    event.wait()


if __name__ == "__main__":
    event = Event()
    process = Process(target=work, args=(event,))
    process.start()
    time.sleep(1)
    process.kill()
    process.join()
    event.set()
