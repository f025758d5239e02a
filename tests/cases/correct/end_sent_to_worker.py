"""A worker gets an end of a Pipe in a message, and answers through it later."""

import multiprocessing as mp
import time


def work(control):
    end = control.recv()
    time.sleep(2)
    end.send("done")


if __name__ == "__main__":
    control, other = mp.Pipe()
    child = mp.Process(target=work, args=(other,))
    child.start()
    here, there = mp.Pipe(False)
    control.send(there)
    time.sleep(0.5)
    there.close()
    print(here.recv())
    child.join()
