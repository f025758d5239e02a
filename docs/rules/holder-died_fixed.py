"""A process is asked to end, and releases its lock."""

from multiprocessing import Event, Lock, Process


def work(lock, started, stop):
    with lock:
        started.set()
        stop.wait()


if __name__ == "__main__":
    lock, started, stop = Lock(), Event(), Event()
    process = Process(target=work, args=(lock, started, stop))
    process.start()
    started.wait()
    stop.set()
    process.join()
    with lock:
        print("printed")
