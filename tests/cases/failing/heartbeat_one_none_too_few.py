from multiprocessing import Process, Queue


def w(q):
    while q.get() is not None:
        pass


if __name__ == "__main__":
    import threading as _t, time as _s

    _t.Thread(target=lambda: [_s.sleep(3) for _ in range(99)], daemon=True).start()
    q = Queue()
    ps = [Process(target=w, args=(q,)) for _ in range(3)]
    [p.start() for p in ps]
    for i in range(5):
        q.put(i)
    q.put(None)
    q.put(None)
    [p.join() for p in ps]
