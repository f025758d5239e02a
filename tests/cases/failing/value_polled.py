"""The process that was to write the Value has failed, and main reads it in a loop forever."""

from multiprocessing import Process, Value


def work(ready):
    raise RuntimeError("no model")
    ready.value = 1


if __name__ == "__main__":
    ready = Value("i", 0)
    p = Process(target=work, args=(ready,))
    p.start()
    while not ready.value:
        pass
    print("ready")
