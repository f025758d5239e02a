"""A loop waits for a Value, and another one computes with it after its writer has ended."""

from multiprocessing import Process, Value
import time


def f(flag):
    time.sleep(3)
    flag.value = 1
    # ends at once; main notices and then computes for a long time


if __name__ == "__main__":
    flag = Value("i", 0)
    p = Process(target=f, args=(flag,))
    p.start()
    while not flag.value:
        pass
    p.join()
    end = time.time() + 7
    n = 0
    while time.time() < end:
        n += flag.value
    print("ok", n > 0)
