"""The process at the other end has failed, and main polls the Pipe with a time-out."""

from multiprocessing import Pipe, Process


def work(conn):
    conn.send({}["key"])


if __name__ == "__main__":
    here, there = Pipe()
    process = Process(target=work, args=(there,))
    process.start()
    while not here.poll(0.5):
        print("still waiting", flush=True)
    print(here.recv())
