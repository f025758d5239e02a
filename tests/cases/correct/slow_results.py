"""Results whose pickling, unpickling and callbacks take seconds: no worker has a task, and the results still come."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Pool
import time


def loaded(number):
    time.sleep(2)
    return number


class SlowToPickle:
    def __init__(self, number):
        self.number = number

    def __reduce__(self):
        time.sleep(2)
        return int, (self.number,)


class SlowToUnpickle(SlowToPickle):
    def __reduce__(self):
        return loaded, (self.number,)


def pickled_slowly(number):
    time.sleep(1.5)
    return SlowToPickle(number)


def unpickled_slowly(number):
    time.sleep(1.5)
    return SlowToUnpickle(number)


def callback(_):
    time.sleep(2)


if __name__ == "__main__":
    with Pool(2) as pool:
        print(pool.apply(pickled_slowly, (1,)), pool.apply(unpickled_slowly, (2,)))
    with ProcessPoolExecutor(2) as executor:
        print(executor.submit(pickled_slowly, 3).result(), executor.submit(unpickled_slowly, 4).result())
        executor.submit(loaded, 5).add_done_callback(callback)
    pool = Pool(2)
    pool.apply_async(loaded, (6,), callback=callback)
    pool.close()
    pool.join()
    print("over")
