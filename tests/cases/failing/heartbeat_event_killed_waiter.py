from multiprocessing import Process, Event
import time


def f(e):
    e.wait()


if __name__ == "__main__":
    import threading as _t, time as _s

    _t.Thread(target=lambda: [_s.sleep(3) for _ in range(99)], daemon=True).start()  # a monitor thread, like tqdm's
    e = Event()
    p = Process(target=f, args=(e,))
    p.start()
    time.sleep(0.5)
    p.kill()
    p.join()
    e.set()
    print("never")
