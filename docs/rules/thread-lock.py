"""A process is forked while another thread holds a lock, which no thread of the child can release."""

import multiprocessing
import threading

lock = threading.Lock()


def report(started, stop):
    with lock:
        started.set()
        stop.wait()


def work():
    with lock:
        pass


if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    process = context.Process(target=work)
    started, stop = threading.Event(), threading.Event()
    threading.Thread(target=report, args=(started, stop)).start()
    started.wait()
    process.start()
    stop.set()
    process.join()
