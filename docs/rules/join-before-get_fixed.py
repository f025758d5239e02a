"""The main process reads the items before it joins the child, so that the child can end."""

from multiprocessing import Process, Queue


def work(results):
    results.put(bytes(1_000_000))


if __name__ == "__main__":
    results = Queue()
    process = Process(target=work, args=(results,))
    process.start()
    print(len(results.get()))
    process.join()
