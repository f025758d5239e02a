from multiprocessing import Process, Pipe


def f(c):
    c.send(1)


if __name__ == "__main__":
    import threading as _t, time as _s

    _t.Thread(target=lambda: [_s.sleep(3) for _ in range(99)], daemon=True).start()  # a monitor thread, like tqdm's
    a, b = Pipe()
    p = Process(target=f, args=(b,))
    p.start()
    p.join()
    while True:
        try:
            print(a.recv())
        except EOFError:
            break
    print("done")
