"""Pools, executors and managers, as a program uses them."""

import concurrent.futures
import functools
import multiprocessing as mp
import multiprocessing.dummy
import sys

print = functools.partial(print, flush=True)


def square(number):
    return number * number


def fails(number):
    raise ValueError(number)


if __name__ == "__main__":
    mp.set_start_method(sys.argv[1])
    with mp.Pool(2, maxtasksperchild=3) as pool:
        print(pool.map(square, range(10)), sorted(pool.imap_unordered(square, range(5))))
        print(pool.apply_async(square, (7,)).get(), pool.starmap(pow, [(2, 3)]))
        try:
            pool.apply(fails, (1,))
        except ValueError as error:
            print(repr(error))
    with concurrent.futures.ProcessPoolExecutor(2) as executor:
        print(list(executor.map(square, range(5))), executor.submit(fails, 3).exception())
    with mp.Manager() as manager:
        shared, names, lock, queue = manager.dict(a=1), manager.list("ab"), manager.Lock(), manager.Queue()
        with lock:
            shared["b"] = names[0]
        queue.put(5)
        print(shared, names, queue.get(), manager.Value("i", 3).value, manager.Event().is_set())
    with multiprocessing.dummy.Pool(2) as threads:
        print(threads.map(square, range(4)))
