"""Which modules are loaded, in the main process and a child."""

import multiprocessing as mp
import sys


def names():
    print(sorted(sys.modules))
    sys.stdout.flush()


if __name__ == "__main__":
    names()
    mp.set_start_method(sys.argv[1])
    child = mp.Process(target=names)
    child.start()
    child.join()
    queue, value, event = mp.Queue(), mp.Value("i"), mp.Event()
    names()
