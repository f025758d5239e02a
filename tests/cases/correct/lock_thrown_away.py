# what pebble's pool.stop() does: a worker that holds the lock of its task queue is told to end; nobody wants the lock again
import multiprocessing as mp, os, signal, time


def worker(lock, ready):
    signal.signal(signal.SIGTERM, lambda *a: os._exit(0))
    with lock:
        ready.set()
        time.sleep(60)


if __name__ == "__main__":
    lock, ready = mp.RLock(), mp.Event()
    p = mp.Process(target=worker, args=(lock, ready))
    p.start()
    ready.wait()
    p.terminate()
    p.join()
    del lock, p  # over: no process has this lock any more
    time.sleep(0.3)
    q = mp.Process(target=time.sleep, args=(0.5,))
    q.start()
    q.join()
    print("done")
