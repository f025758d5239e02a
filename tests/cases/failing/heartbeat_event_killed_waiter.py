from multiprocessing import Process, Event
import time


def f(ready, e):
    ready.set()
    e.wait()


if __name__ == "__main__":
    import threading as _t, time as _s

    _t.Thread(target=lambda: [_s.sleep(3) for _ in range(99)], daemon=True).start()  # a monitor thread, like tqdm's
    ready, e = Event(), Event()
    p = Process(target=f, args=(ready, e))
    p.start()
    ready.wait()
    time.sleep(1)
    p.kill()
    p.join()
    e.set()
    print("never")
