"""A callback takes seconds, and until it returns the executor starts no worker in the place of the one that ended."""

from concurrent.futures import ProcessPoolExecutor
import multiprocessing
import sys
import time


def square(number):
    return number * number


def callback(_):
    time.sleep(4)


if __name__ == "__main__":
    limit = {"max_tasks_per_child": 1} if sys.version_info >= (3, 11) else {}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, **limit) as executor:
        futures = [executor.submit(square, number) for number in range(3)]
        futures[0].add_done_callback(callback)
        print([future.result() for future in futures])
