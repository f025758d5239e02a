# /// script
# requires-python = ">=3.8"
# [tool.rockproc]
# title = "SharedMemory and ShareableList"
# group = "share"
# order = 317
# [[tool.rockproc.try]]
# do = "Watch board in Shared: three painters write into it at the same time, and none of them sends a message."
# see = {value = "strokes", equals = [12, 12, 12, "dry"]}
# [[tool.rockproc.try]]
# do = "The author ends and leaves its letter behind. Which process has it open? A finding says what is missing."
# see = {finding = "not-unlinked"}
# [[tool.rockproc.try]]
# do = "Run again and kill main halfway. No process calls unlink() now: what does Shared say of board at the end?"
# see = {process = "main", signal = "SIGKILL"}
# ///
"""A block of bytes with a name, which any process can open.

`SharedMemory(create=True, size=…)` makes a block, `SharedMemory(name)` opens the same one in another process. What it
holds is up to you: plain bytes here, often an array of numpy. A `ShareableList` is such a block in which numbers and
short texts lie one behind the other; it never grows.

Two things have to be done, and they are not the same. Each process calls **`close()`** when it no longer needs the
block. One of them calls **`unlink()`** when no process needs it any more. A block without `unlink()` stays in memory
after all have ended; a helper of Python's, the *resource tracker*, removes the blocks that it knows, with a warning.
"""

import time
from multiprocessing import Process
from multiprocessing.shared_memory import ShareableList, SharedMemory

WIDTH = 12


def paint(letter, row, board_name, strokes):
    board = SharedMemory(board_name)
    for column in range(WIDTH):
        board.buf[row * WIDTH + column] = ord(letter)
        strokes[row] += 1
        time.sleep(0.4)
    print(f"painter-{letter}: {strokes[row]} strokes")
    board.close()
    strokes.shm.close()


def write_letter(desk):
    time.sleep(2.5)
    letter = SharedMemory(create=True, size=64)
    letter.buf[:23] = b"Who tidies up after me?"
    desk[0] = letter.name
    print("author: my letter is on the desk")
    letter.close()
    desk.shm.close()


if __name__ == "__main__":
    board = SharedMemory(create=True, size=3 * WIDTH)
    board.buf[:] = b"." * board.size
    strokes = ShareableList([0, 0, 0, "wet"])
    desk = ShareableList(["(room for a name)"])

    painters = [
        Process(target=paint, args=(letter, row, board.name, strokes), name=f"painter-{letter}")
        for row, letter in enumerate("abc")
    ]
    author = Process(target=write_letter, args=(desk,), name="author")
    for process in [*painters, author]:
        process.start()
    for process in [*painters, author]:
        process.join()
    strokes[3] = "dry"
    print(f"main: the board says {bytes(board.buf).decode()}")
    time.sleep(1)

    letter = SharedMemory(desk[0])  # still there, though its author is not
    print(f"main: the letter says {bytes(letter.buf[:23]).decode()}")
    for block in (letter, board, strokes.shm, desk.shm):
        block.close()
        block.unlink()
    time.sleep(0.5)
    print("main: all is closed and unlinked")
