"""A child passes its end of a Pipe on to a child of its own, and closes it; only the last one sends."""

import multiprocessing as mp
import time


def work(left, end):
    time.sleep(0.5)
    if left:
        child = mp.Process(target=work, args=(left - 1, end))
        child.start()
        end.close()
        child.join()
    else:
        end.send("the last one")
        end.close()


if __name__ == "__main__":
    here, there = mp.Pipe(False)
    first = mp.Process(target=work, args=(3, there))
    first.start()
    there.close()
    print(here.recv())
    first.join()
