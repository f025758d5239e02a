"""Four processes write under a lock."""

from multiprocessing import Lock, Pipe, Process


def log(conn, name, lock):
    for n in range(200):
        with lock:
            conn.send((name, n, "=" * 30_000))


def main():
    reader, writer = Pipe(duplex=False)
    lock = Lock()
    names = ["red", "green", "blue", "white"]
    processes = [Process(target=log, args=(writer, name, lock), daemon=True) for name in names]
    for process in processes:
        process.start()
    for _ in range(800):
        name, n, text = reader.recv()
    for process in processes:
        process.join()
    print("800 lines")


if __name__ == "__main__":
    main()
