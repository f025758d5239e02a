"""A service asks its Queue until SIGTERM ends it by an exception. Its worker has failed before."""

import os
import queue
import signal
import subprocess
import sys
import time
from multiprocessing import Process, Queue


def work(jobs):
    jobs.put("one")
    sys.exit(1)


def stop(*_):
    finish()


def finish():
    print("asked to stop")
    sys.exit(0)


if __name__ == "__main__":
    jobs = Queue()
    signal.signal(signal.SIGTERM, stop)
    worker = Process(target=work, args=(jobs,))
    worker.start()
    worker.join()
    print(worker.exitcode)
    subprocess.Popen(["sh", "-c", f"sleep 8; kill {os.getpid()}"])
    while True:
        try:
            job = jobs.get_nowait()
        except queue.Empty:
            time.sleep(0.05)
            continue
        print(job)
