"""A callback of a future waits six seconds for an Event that another thread of the program sets."""

import threading
import time
from concurrent.futures import ProcessPoolExecutor


def work(number):
    return number


def release(event):
    time.sleep(6)
    event.set()


if __name__ == "__main__":
    event = threading.Event()
    threading.Thread(target=release, args=(event,)).start()
    with ProcessPoolExecutor(2) as executor:
        executor.submit(work, 1).add_done_callback(lambda future: event.wait())
        time.sleep(0.3)
        print(executor.submit(work, 2).result())
