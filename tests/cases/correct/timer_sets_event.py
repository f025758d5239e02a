"""A Timer thread sets the Event that all children wait for."""

import threading
from multiprocessing import Event, Process


def work(go):
    go.wait()


if __name__ == "__main__":
    go = Event()
    processes = [Process(target=work, args=(go,)) for _ in range(2)]
    for process in processes:
        process.start()
    threading.Timer(7, go.set).start()
    for process in processes:
        process.join()
