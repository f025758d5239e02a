"""The process at the other end has failed, and main asks the Pipe again and again."""

import time
from multiprocessing import Pipe, Process


class Client:
    def __init__(self, link):
        self.link = link

    def answer(self):
        while not self.link.poll():
            time.sleep(0.05)
        return self.link.recv()


def work(link):
    link.send(1 // 0)


if __name__ == "__main__":
    mine, theirs = Pipe()
    Process(target=work, args=(theirs,)).start()
    print(Client(mine).answer())
