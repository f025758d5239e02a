"""wait_for() looks first whether what it waits for is there."""

import time
from multiprocessing import Condition, Process, Value


def work(condition, ready):
    time.sleep(0.5)
    with condition:
        condition.wait_for(lambda: ready.value)


if __name__ == "__main__":
    condition, ready = Condition(), Value("b", 0)
    process = Process(target=work, args=(condition, ready))
    process.start()
    with condition:
        ready.value = 1
        condition.notify()
    process.join()
