"""A service waits for its end in threading.Event; its workers wait for work. A helper asks it to end."""

import os
import signal
import threading
from multiprocessing import Process, Queue

over = threading.Event()


def work(jobs):
    for job in iter(jobs.get, None):
        print(job, flush=True)


def ask(pid):
    threading.Event().wait(7)
    os.kill(pid, signal.SIGTERM)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    jobs = Queue()
    workers = [Process(target=work, args=(jobs,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    helper = Process(target=ask, args=(os.getpid(),))
    helper.start()
    over.wait()
    for _ in workers:
        jobs.put(None)
    for process in (*workers, helper):
        process.join()
