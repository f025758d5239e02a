"""One of two workers is killed before it puts its result, and main takes results only when the Queue is not empty."""

import os
import signal
import time
from multiprocessing import Process, SimpleQueue


def work(number, results):
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    results.put(number)


if __name__ == "__main__":
    results = SimpleQueue()
    for number in range(2):
        Process(target=work, args=(number, results)).start()
    found = []
    while len(found) < 2:
        if not results.empty():
            found.append(results.get())
        else:
            time.sleep(0.05)
    print(found)
