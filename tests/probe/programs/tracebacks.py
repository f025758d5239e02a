"""Tracebacks through every observed method, to the letter."""

import multiprocessing as mp
import queue
import sys
import threading
import time
import traceback


def attempt(title, action):
    print("==", title, file=sys.stderr)
    try:
        action()
    except BaseException:
        traceback.print_exc()
    sys.stderr.flush()


class Fragile:
    def __reduce__(self):
        raise ZeroDivisionError("cannot be pickled")


def fragile():
    raise ZeroDivisionError("cannot be unpickled")


class FragileLater:
    def __reduce__(self):
        return fragile, ()


def put_closed():
    q = mp.Queue()
    q.close()
    q.put(1)


def get_closed():
    q = mp.Queue()
    q.close()
    q.get()


def get_nothing():
    mp.Queue().get(timeout=0.05)


def get_now():
    mp.Queue().get(False)


def put_full():
    q = mp.Queue(1)
    q.put(1)
    try:
        q.put(2, timeout=0.05)
    finally:
        q.get()


def put_full_now():
    q = mp.JoinableQueue(1)
    q.put(1)
    try:
        q.put_nowait(2)
    finally:
        q.get()


def put_unpicklable():
    q = mp.Queue()
    q.put(Fragile())
    q.put(lambda: 0)
    time.sleep(0.2)
    q.put(1)
    print(q.get())


def get_unpicklable():
    q = mp.Queue()
    q.put(FragileLater())
    q.get()


def simple_put_unpicklable():
    mp.SimpleQueue().put(Fragile())


def simple_get_unpicklable():
    q = mp.SimpleQueue()
    q.put(FragileLater())
    q.get()


def task_done_too_often():
    mp.JoinableQueue().task_done()


def recv_closed():
    a, b = mp.Pipe()
    b.close()
    a.recv()


def recv_on_closed():
    a, b = mp.Pipe()
    a.close()
    a.recv()


def recv_wrong_end():
    a, b = mp.Pipe(False)
    b.recv()


def send_wrong_end():
    a, b = mp.Pipe(False)
    a.send(1)


def send_closed():
    a, b = mp.Pipe()
    a.close()
    b.send(1)


def send_unpicklable():
    a, b = mp.Pipe()
    b.send(Fragile())


def recv_unpicklable():
    a, b = mp.Pipe()
    a.send(FragileLater())
    b.recv()


def recv_bytes_too_long():
    a, b = mp.Pipe()
    a.send_bytes(b"x" * 100)
    b.recv_bytes(10)


def recv_bytes_into_short():
    a, b = mp.Pipe()
    a.send_bytes(b"x" * 100)
    b.recv_bytes_into(bytearray(10))


def send_bytes_wrong():
    a, b = mp.Pipe()
    a.send_bytes("text")


def poll_closed():
    a, b = mp.Pipe()
    a.close()
    a.poll()


def poll_wrong():
    a, b = mp.Pipe()
    a.poll("soon")


def raise_in_with():
    with mp.Lock():
        raise ZeroDivisionError


def release_in_with():
    lock = mp.Lock()
    with lock:
        lock._semlock.release()


def rlock_release_in_with():
    lock = mp.RLock()
    with lock:
        lock._semlock.release()


def rlock_wrong_thread():
    lock = mp.RLock()
    errors = []

    def thread():
        try:
            lock.__exit__(None, None, None)
        except AssertionError:
            errors.append(traceback.format_exc())

    with lock:
        extra = threading.Thread(target=thread)
        extra.start()
        extra.join()
    print(errors[0], file=sys.stderr)


def release_too_often():
    mp.Lock().release()


def semaphore_release_too_often():
    mp.BoundedSemaphore(1).release()


def rlock_release():
    mp.RLock().release()


def release_wrong():
    mp.Lock().release(1)


def wait_without_lock():
    mp.Condition().wait()


def notify_without_lock():
    mp.Condition().notify()


def wait_for_raises():
    condition = mp.Condition()
    with condition:
        condition.wait_for(lambda: 1 / 0)


def barrier_broken():
    mp.Barrier(2).wait(0.05)


def barrier_action():
    mp.Barrier(1, lambda: 1 / 0).wait()


def value_wrong():
    mp.Value("i").value = "text"


def value_wrong_type():
    mp.Value("nothing")


def array_index():
    mp.Array("i", 3)[5]


def array_index_set():
    mp.Array("i", 3)[5] = 1


def array_wrong():
    mp.Array("i", 3)[0] = "text"


def array_slice_wrong():
    mp.Array("i", 3)[0:2] = ["text", 1]


def value_attribute():
    mp.Value("i").nothing


def join_not_started():
    mp.Process().join()


def join_wrong():
    child = mp.Process()
    child.start()
    child.join()
    child.join("soon")


def start_twice():
    child = mp.Process()
    child.start()
    child.join()
    child.start()


def terminate_not_started():
    mp.Process().terminate()


def kill_not_started():
    mp.Process().kill()


def process_wrong():
    mp.Process("group")


def process_target_wrong():
    mp.Process(name="n", wrong=1)


def close_running():
    child = mp.Process(target=time.sleep, args=(60,))
    child.start()
    try:
        child.close()
    finally:
        child.kill()
        child.join()


def join_closed():
    child = mp.Process()
    child.start()
    child.join()
    child.close()
    child.join()


def semaphore_wrong():
    mp.Semaphore(-1)


def bounded():
    with mp.BoundedSemaphore(1) as _, mp.BoundedSemaphore(1) as _:
        raise ZeroDivisionError


def pool_raises():
    with mp.Pool(1) as pool:
        pool.map(int, ["1", "x"])


def pool_unpicklable():
    with mp.Pool(1) as pool:
        pool.map(lambda x: x, [1])


def manager_raises():
    with mp.Manager() as manager:
        manager.dict()["nothing"]


def context_wrong():
    mp.get_context("nothing")


def method_twice():
    mp.set_start_method("fork")


if __name__ == "__main__":
    mp.set_start_method(sys.argv[1])
    for name, action in list(globals().items()):
        if type(action) is type(attempt) and action not in (attempt, fragile):
            attempt(name, action)
    print(queue.Empty, queue.Full)
