"""Each process is joined before the next one is started."""

import time
from multiprocessing import Process


def convert(name):
    time.sleep(0.5)
    print(name, "converted")


if __name__ == "__main__":
    for name in ("a.png", "b.png", "c.png"):
        process = Process(target=convert, args=(name,))
        process.start()
        process.join()
