"""Which modules are loaded, in the main process and a child: only the probe, and what it needs, are more."""

import multiprocessing as mp
import sys

NEEDED = {"_struct", "_weakrefset", "binascii", "itertools", "marshal", "mmap", "struct", "weakref"}


def names():
    print(sorted(name for name in set(sys.modules) - NEEDED if not name.startswith("_rockproc_probe")))
    sys.stdout.flush()


if __name__ == "__main__":
    names()
    mp.set_start_method(sys.argv[1])
    child = mp.Process(target=names)
    child.start()
    child.join()
    queue, value, event = mp.Queue(), mp.Value("i"), mp.Event()
    names()
