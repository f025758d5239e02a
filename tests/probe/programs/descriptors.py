"""The open files of the main process and a child, by what they are."""

import multiprocessing as mp
import os
import re
import sys


def look(queue=None, value=None):
    found = []
    for name in sorted(os.listdir("/proc/self/fd"), key=int):
        try:
            found.append(re.sub(r"\d+|pym-\S+|rockproc-\S+", "N", os.readlink("/proc/self/fd/" + name)))
        except OSError:
            pass
    print("\n".join(found), "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    look()
    mp.set_start_method(sys.argv[1])
    queue, value = mp.Queue(), mp.Value("i")
    look()
    child = mp.Process(target=look, args=(queue, value))
    child.start()
    child.join()
    look()
