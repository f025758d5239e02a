"""A worker computes, and looks for a command between two steps; another one has failed; main polls for results."""

import queue
import time
from multiprocessing import Process, Queue


def fail(results):
    results.put({}["key"])


def work(commands, results):
    for _ in range(60):
        end = time.monotonic() + 0.15
        while time.monotonic() < end:
            sum(range(1000))
        try:
            commands.get(timeout=0.05)
        except queue.Empty:
            pass
    results.put("done")


if __name__ == "__main__":
    commands, results = Queue(), Queue()
    processes = [Process(target=fail, args=(results,)), Process(target=work, args=(commands, results))]
    for process in processes:
        process.start()
    while True:
        try:
            print(results.get(timeout=0.5))
            break
        except queue.Empty:
            continue
    for process in processes:
        process.join()
    print([process.exitcode for process in processes])
