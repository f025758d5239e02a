"""All processes are started before the first one is joined."""

import time
from multiprocessing import Process


def convert(name):
    time.sleep(0.5)
    print(name, "converted")


if __name__ == "__main__":
    processes = [Process(target=convert, args=(name,)) for name in ("a.png", "b.png", "c.png")]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
