"""Sends control characters to the screen in every possible way: output, names, messages and exceptions."""

import os
import sys
import time
from multiprocessing import Array, Process, Queue

EVIL = (
    "\x1b[2J\x1b[H\x1b[31m\x1b]0;HIJACKED\x07\x1b]52;c;SElKQUNLRUQ=\x07\x1bP1$r\x1b\\\x9b31m\x07\x08\x0b\x0c\x0e"
    "\u202eright to left\u202c[bold red]markup[/] [@click=app.quit]here[/] $accent 日本語 👩‍👩‍👧 e\u0301\u0300\u0302"
)


class Named:
    def __repr__(self):
        return f"<Named {EVIL}>"


def wait(inbox):
    print(inbox.get())
    time.sleep(600)


if __name__ == "__main__":
    print(EVIL)
    print(EVIL, file=sys.stderr)
    sys.stdout.flush()
    os.write(1, b"broken \xff\xfe\xc3( \xed\xa0\x80 \xf0\x9f\x98\n")
    os.write(1, b"no end of line" * 20_000)
    os.write(1, b"\nover\rwritten\n\nnothing\x00between\n")
    inbox = Queue()
    shared = Array("c", EVIL.encode("utf-8", "replace"))
    child = Process(target=wait, args=(inbox,), name=EVIL)
    child.start()
    inbox.put(EVIL)
    inbox.put(Named())
    inbox.put({"bytes": EVIL.encode("utf-8"), EVIL: [EVIL] * 100})
    print("ALL SAID")
    child.join()
