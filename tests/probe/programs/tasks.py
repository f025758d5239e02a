"""Pools and executors run tasks that succeed, fail, cannot be pickled, or come too late."""

import concurrent.futures as futures
import functools
import inspect
import multiprocessing as mp
import multiprocessing.pool
import pickle
import sys
import threading
import traceback

print = functools.partial(print, flush=True)


class Odd(Exception):
    def __init__(self, first, second):
        super().__init__(first)
        self.second = second

    def __reduce__(self):
        return type(self), ("again", self.second)

    def __str__(self):
        return "odd"

    __repr__ = __str__


class Square:
    def __call__(self, number):
        return number * number

    def method(self, number):
        return number + 1

    def __getattr__(self, name):
        if not name.startswith("__"):
            print("asked for", name)
        raise AttributeError(name)

    def __len__(self):
        print("asked for its length")
        return 1


def square(number):
    return number * number


def add(first, second=0):
    return first + second


def fails(number):
    if number == 3:
        raise Odd(number, "x")
    return number


def exits(number):
    raise SystemExit(number)


def unpicklable(number):
    return lambda: number


def breaks_off():
    yield 1
    yield 2
    raise RuntimeError("no more")


def sleeps(event):
    event.wait(20)


def begins(first, second):
    assert (first, second) == ("a", "b")


def tries(call, *arguments, **named):
    try:
        result = call(*arguments, **named)
        if inspect.isgenerator(result) or hasattr(result, "__next__"):
            result = list(result)
        print(result)
    except BaseException:
        print(traceback.format_exc())


def pool_tasks(pool, event):
    tries(pool.map, square, range(20))
    tries(pool.map, fails, range(20), 5)
    tries(pool.map, square, [])
    tries(pool.map, square, [1, 2], -1)
    tries(pool.map, square, 5)
    tries(pool.map, Square(), [Square().method(3)])
    tries(pool.map, functools.partial(add, 3), range(4))
    tries(pool.starmap, add, [(1, 2), (3,), [4, 5]])
    tries(pool.starmap, add, [1, 2])
    tries(pool.apply, add, (1,), {"second": 5})
    tries(pool.apply, fails, (3,))
    tries(pool.apply, unpicklable, (1,))
    tries(pool.map, unpicklable, range(3))
    tries(pool.apply, square, (lambda: 1,))
    tries(pool.apply, add, (1, 2, 3))
    tries(pool.imap, square, range(7))
    tries(pool.imap, square, range(7), 3)
    tries(pool.imap, square, range(7), 0)
    tries(pool.imap, fails, range(7), 2)
    tries(pool.imap, square, breaks_off())
    tries(pool.map, square, breaks_off())
    tries(lambda: sorted(pool.imap_unordered(square, range(7), 2)))
    tries(multiprocessing.pool.mapstar, (square, (1, 2)))
    tries(multiprocessing.pool.mapstar, ((1, 2),))
    tries(multiprocessing.pool.mapstar, [square, range(3), range(3)])
    tries(multiprocessing.pool.starmapstar, (add, [(1,), (2,)]))
    done, called = threading.Event(), []
    pool.map_async(square, range(3), callback=called.append).get()
    pool.apply_async(fails, (3,), error_callback=lambda error: (called.append(error), done.set()))
    done.wait()
    print(called)
    event.clear()
    waits = pool.apply_async(sleeps, (event,))
    tries(waits.get, 0.05)
    tries(waits.successful)
    waits.wait(0.01)
    print(waits.ready())
    late = pool.imap(sleeps, [event])
    tries(late.next, 0.05)
    event.set()
    tries(waits.get)
    tries(late.next)
    tries(late.next)
    tries(pool.join)
    print(sorted(name for name in vars(pool) if "rockproc" not in name), type(pool), repr(pool)[:40])
    pool.close()
    tries(pool.apply, square, (1,))
    pool.join()


def finished(future):
    """Wait for a future first: a traceback differs where the result was there already."""
    futures.wait([future])
    return future


def executor_tasks(executor, event):
    tries(executor.map, square, range(5))
    tries(executor.map, square, range(11), chunksize=4)
    try:
        list(executor.map(fails, range(11), chunksize=4))
    except Odd as error:
        print(error.__cause__)
    tries(executor.map, add, range(3), range(3))
    tries(executor.map, square, range(3), chunksize=0)
    tries(finished(executor.submit(fails, 3)).result)
    tries(finished(executor.submit(exits, 3)).result)
    tries(finished(executor.submit(unpicklable, 3)).result)
    tries(finished(executor.submit(square, lambda: 1)).result)
    tries(finished(executor.submit(functools.partial(add, second=4), 3)).result)
    tries(executor.submit)
    print(executor.submit(fails, 3).exception(), executor.submit(square, 3).exception())
    many = [executor.submit(square, number) for number in range(6)]
    print(sorted(future.result() for future in futures.as_completed(many)))
    print(len(futures.wait(many).done), futures.wait([]))
    event.clear()
    blocked = [executor.submit(sleeps, event) for _ in range(9)]
    tries(blocked[0].result, 0.05)
    tries(blocked[0].exception, timeout=0.05)
    tries(futures.as_completed, blocked, 0.05)
    print(len(futures.wait(blocked, timeout=0.05).done), blocked[-1].cancel(), blocked[-1].cancelled())
    tries(blocked[-1].result)
    event.set()
    print([future.result() for future in blocked[:-1]])
    tries(pickle.dumps, executor.submit(square, 2))
    executor.shutdown()
    executor.shutdown()
    tries(executor.submit, square, 1)


def thread_tasks(threads):
    tries(threads.map, fails, range(8), 3)
    tries(threads.map, unpicklable, [])
    tries(threads.imap, fails, range(2))
    tries(threads.apply, exits, ())


if __name__ == "__main__":
    mp.set_start_method(sys.argv[1])
    # Before there are threads: a fork beside them may hang, observed or not.
    try:
        square("x")
    except TypeError:
        traceback.format_exc()  # 3.15 imports lazily what it needs for that
    manager = mp.Manager()
    event = manager.Event()
    with mp.Pool(2, begins, ("a", "b"), maxtasksperchild=20) as pool:
        pool_tasks(pool, event)
    with futures.ProcessPoolExecutor(2) as executor:
        executor_tasks(executor, event)
    manager.shutdown()
    with multiprocessing.pool.ThreadPool(2) as threads:
        thread_tasks(threads)
    with futures.ThreadPoolExecutor(2) as others:
        print(list(others.map(square, range(4))))
    for function in (
        multiprocessing.pool.worker,
        multiprocessing.pool.mapstar,
        mp.pool.Pool.map,
        mp.pool.ApplyResult.wait,
        futures.Future.result,
        futures.wait,
        futures.ProcessPoolExecutor.submit,
    ):
        print(function.__qualname__, inspect.signature(function), function.__doc__, function.__code__.co_firstlineno)
        print(inspect.getsource(function))
    pickled = pickle.dumps((multiprocessing.pool.mapstar, multiprocessing.pool.ExceptionWithTraceback, square))
    print(pickled)
