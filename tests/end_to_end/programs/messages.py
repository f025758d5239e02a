"""Messages that are hard to show: huge, with a `__repr__` that raises or never comes back, and deep ones."""

import time
from multiprocessing import Process, Queue


class Raising:
    def __repr__(self):
        raise RuntimeError("no repr")


class Slow:
    def __repr__(self):
        time.sleep(60)
        return "Slow"


class Exiting:
    def __repr__(self):
        raise SystemExit(9)


def take(parcels):
    for parcel in iter(parcels.get, None):
        print("took", type(parcel).__name__, len(parcel) if hasattr(parcel, "__len__") else "")
    print("TOOK ALL")


if __name__ == "__main__":
    parcels = Queue()
    deep = []
    for _ in range(200):
        deep = [deep]
    taker = Process(target=take, args=(parcels,), name="taker")
    taker.start()
    begin = time.monotonic()
    for parcel in (Raising(), Slow(), Exiting(), [Slow()], deep, b"x" * 50_000_000, None):
        parcels.put(parcel)
    taker.join()
    print("WITHIN", "A MINUTE" if time.monotonic() - begin < 30 else "AGES")
