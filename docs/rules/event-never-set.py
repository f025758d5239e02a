"""A process fails before it sets the Event that the main process waits for."""

from multiprocessing import Event, Process


def prepare(ready):
    open("/nonexistent")
    ready.set()


if __name__ == "__main__":
    ready = Event()
    process = Process(target=prepare, args=(ready,))
    process.start()
    ready.wait()
    process.join()
    print("exit code", process.exitcode)
