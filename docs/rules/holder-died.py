"""A process is killed while it holds a lock."""

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
    process.kill()
    process.join()
    with lock:
        print("never printed")
