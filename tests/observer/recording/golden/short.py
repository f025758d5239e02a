"""Ends by itself, with an exit status."""

import multiprocessing
import sys

if __name__ == "__main__":
    multiprocessing.SimpleQueue().put("never taken")
    print("done")
    sys.exit(3)
