from multiprocessing import JoinableQueue, Process


def f(q):
    while True:
        q.get()


if __name__ == "__main__":
    import threading as _t, time as _s

    _t.Thread(target=lambda: [_s.sleep(3) for _ in range(99)], daemon=True).start()  # a monitor thread, like tqdm's
    q = JoinableQueue()
    p = Process(target=f, args=(q,), daemon=True)
    p.start()
    q.put(1)
    q.join()
