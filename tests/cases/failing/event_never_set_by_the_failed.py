"""A worker dies before it sets the Event; main polls in a loop with time-outs (typical)."""

from multiprocessing import Process, Event


def f(e):
    raise ValueError("no")
    e.set()


if __name__ == "__main__":
    e = Event()
    p = Process(target=f, args=(e,))
    p.start()
    while not e.wait(timeout=1):
        print("waiting …", flush=True)
