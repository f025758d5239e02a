"""Replaced and closed standard streams."""

import io
import multiprocessing as mp
import os
import sys


def prints():
    print("from the child")


def closed():
    os.close(1)
    os.close(2)
    lock = mp.Lock()
    with lock:
        pass


if __name__ == "__main__":
    mp.set_start_method(sys.argv[1])
    kept, sys.stdout = sys.stdout, io.StringIO()
    child = mp.Process(target=prints)
    child.start()
    child.join()
    text, sys.stdout = sys.stdout.getvalue(), kept
    print(repr(text), child.exitcode)
    sys.stdout.flush()
    child = mp.Process(target=closed)
    child.start()
    child.join()
    print(child.exitcode)
    sys.stdout.flush()
    sys.stdout = sys.stderr = None
    child = mp.Process(target=mp.Queue)
    child.start()
    child.join()
    kept.write("%s\n" % child.exitcode)
