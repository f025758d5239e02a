"""notify() comes before wait(), and is not kept."""

import time
from multiprocessing import Condition, Process, Value


def work(condition, ready):
    time.sleep(0.5)
    with condition:
        condition.wait()


if __name__ == "__main__":
    condition, ready = Condition(), Value("b", 0)
    process = Process(target=work, args=(condition, ready))
    process.start()
    with condition:
        ready.value = 1
        condition.notify()
    process.join()
