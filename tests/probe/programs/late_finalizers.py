"""An object that outlives every module, and needs a lock and a value when it goes."""

import multiprocessing as mp
import os
import sys


class Late:
    def __init__(self):
        self.lock, self.again, self.value = mp.Lock(), mp.RLock(), mp.Value("i", 41)
        self.write = os.write

    def __del__(self):
        with self.lock, self.again:
            self.value.value += 1
        self.lock.acquire()
        self.lock.release()
        self.write(1, b"%d\n" % self.value.value)


if __name__ == "__main__":
    mp.set_start_method(sys.argv[1])
    sys.late = Late()
