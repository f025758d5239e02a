"""A child of multiprocessing attaches to shared memory, and shares the resource tracker of its parent."""

from multiprocessing import Process
from multiprocessing.shared_memory import SharedMemory


def attach(name):
    SharedMemory(name).close()


if __name__ == "__main__":
    memory = SharedMemory(create=True, size=1000)
    process = Process(target=attach, args=(memory.name,))
    process.start()
    process.join()
    memory.close()
    memory.unlink()
