"""A ThreadPool is terminated while two of its threads sleep, and joined: it ends when they have slept."""

from multiprocessing.pool import ThreadPool
import time

if __name__ == "__main__":
    pool = ThreadPool(2)
    results = [pool.apply_async(time.sleep, (3,)) for _ in range(6)]
    time.sleep(0.3)
    pool.terminate()
    pool.join()
    print("done")
