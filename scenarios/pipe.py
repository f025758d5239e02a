# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "Pipe: ping and pong"
# group = "communicate"
# order = 210
# [[tool.rockproc.try]]
# do = "Let the game end. Pong stops by itself: how did it know?"
# see = {process = "pong", exitcode = 0}
# [[tool.rockproc.try]]
# do = "Run again and freeze pong. At which line does main wait now? Let pong continue (z)."
# see = {process = "pong", state = "stopped"}
# [[tool.rockproc.try]]
# do = "Run again and terminate pong in the middle of the game. What does main notice?"
# see = {process = "pong", signal = "SIGTERM"}
# ///
"""Two ends, two players.

`Pipe()` gives two connections. What one end sends the other receives, in both directions, as whole objects: a
dict goes in, an equal dict comes out. `recv()` waits until there is something.

When the last copy of one end is closed, the other end's `recv()` raises **EOFError**: no process will
ever write again. *Every* copy counts. That is why each process closes the end that it does not use; a forgotten
copy of `here` inside pong itself would keep pong waiting forever.
"""

import time
from multiprocessing import Pipe, Process


def play(there, here):
    here.close()
    try:
        while True:
            ball = there.recv()
            print(f"pong: the ball came over, {ball}")
            time.sleep(0.5)
            there.send({"hits": ball["hits"] + 1, "by": "pong"})
    except EOFError:
        print("pong: the other end is closed. Good game")


if __name__ == "__main__":
    here, there = Pipe()
    pong = Process(target=play, args=(there, here), name="pong")
    pong.start()
    there.close()  # pong has its own copy

    ball = {"hits": 0}
    for _ in range(5):
        time.sleep(0.5)
        try:
            here.send({"hits": ball["hits"] + 1, "by": "main"})
            ball = here.recv()
        except (EOFError, ConnectionError) as error:
            print(f"main: pong is gone: {error!r}")
            break
        print(f"main: the ball came back, {ball}")

    time.sleep(0.5)
    print("main: I close my end")
    here.close()
    pong.join()
