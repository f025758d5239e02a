"""Makes what has a name in the system, and a child that uses it until it is ended. Their names go into a file."""

import multiprocessing as mp
import sys
import time
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path


def work(value, name):
    memory = SharedMemory(name)
    while True:
        with value.get_lock():
            value.value += 1
        memory.buf[0] ^= 1
        time.sleep(0.01)


if __name__ == "__main__":
    mp.set_start_method("spawn")
    value = mp.Value("i")
    memory = SharedMemory(create=True, size=100)
    with Path(sys.argv[1]).open("a") as names:
        names.write(f"sem.{value.get_lock()._semlock.name[1:]}\n{memory.name.lstrip('/')}\n")
    child = mp.Process(target=work, args=(value, memory.name), name="child")
    child.start()
    child.join()
