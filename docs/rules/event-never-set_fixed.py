"""A process sets the Event also when it fails."""

from multiprocessing import Event, Process


def prepare(ready):
    try:
        open("/nonexistent")
    finally:
        ready.set()


if __name__ == "__main__":
    ready = Event()
    process = Process(target=prepare, args=(ready,))
    process.start()
    ready.wait()
    process.join()
    print("exit code", process.exitcode)
