"""Compares what a debugger shows of a program, bare and observed.

python -m benchmarks.debugger --python PYTHON [--method fork …]

The interpreter must have debugpy. A program with breakpoints in the parent and in its children is driven by the Debug
Adapter Protocol: at each breakpoint the thread steps into the call at that line, two lines further, and out again. All
stops, with the lines of their frames and the names of their variables, must be the same.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import queue
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).parent / "programs" / "breakpoints.py"
METHODS = ("fork", "spawn", "forkserver")
TIME_LIMIT_SECONDS = 120
STEPS = ("stepIn", "next", "next", "stepOut")
"""The requests that follow the stop at a breakpoint, one at each stop."""
_FRAMES = 4
"""The number of frames of each stop that are compared."""


class Session:
    """A connection to the debugger of one process."""

    def __init__(
        self, address: tuple[str, int], name: str, events: queue.Queue[tuple[Session, dict[str, Any]]]
    ) -> None:
        """Connect.

        Args:
            address: where the debugger listens, from now or from soon.
            name: what stands for the process in the list of stops.
            events: receives the events of this process.
        """
        self.name = name
        self.steps: dict[int, list[str]] = {}
        """The requests that are still to be made, by thread."""
        self._socket = _connected(address)
        self._file = self._socket.makefile("rb")
        self._events = events
        self._numbers = itertools.count(1)
        self._answers: dict[int, queue.Queue[dict[str, Any]]] = {}
        threading.Thread(target=self._read, daemon=True).start()

    def begin(self, arguments: dict[str, Any]) -> None:
        """Attach to the process. Its debugger answers when it is configured.

        Args:
            arguments: the arguments of the request.
        """
        self.ask("initialize", adapterID="rockproc", pathFormat="path", linesStartAt1=True, columnsStartAt1=True)
        self._send("attach", arguments)

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Return the answer to a request."""
        answer = self._answers[self._send(command, arguments)].get(timeout=TIME_LIMIT_SECONDS)
        if not answer["success"]:
            raise RuntimeError(f"{command}: {answer.get('message')}")
        return answer.get("body") or {}

    def close(self) -> None:
        """Give up the connection, so that the debugger ends with its last process."""
        self._socket.close()

    def _send(self, command: str, arguments: dict[str, Any]) -> int:
        number = next(self._numbers)
        self._answers[number] = queue.Queue()
        request = {"seq": number, "type": "request", "command": command, "arguments": arguments}
        data = json.dumps(request).encode()
        self._socket.sendall(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        return number

    def _read(self) -> None:
        while (message := self._message()) is not None:
            if message["type"] == "response":
                self._answers[message["request_seq"]].put(message)
            elif message["type"] == "event":
                self._events.put((self, message))
        self._events.put((self, {"event": "terminated"}))

    def _message(self) -> dict[str, Any] | None:
        length = 0
        try:
            while line := self._file.readline().strip():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            return json.loads(self._file.read(length)) if length else None
        except (OSError, ValueError):
            return None


def _connected(address: tuple[str, int]) -> socket.socket:
    deadline = time.monotonic() + TIME_LIMIT_SECONDS
    while True:
        try:
            return socket.create_connection(address)
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


class Client:
    """Debugs one run of the program, and notes where its processes stop."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.stops: list[str] = []
        self._events: queue.Queue[tuple[Session, dict[str, Any]]] = queue.Queue()
        self._lines = [
            at for at, line in enumerate(PROGRAM.read_text().splitlines(), 1) if line.endswith("# breakpoint")
        ]
        parent = Session(address, "parent", self._events)
        self._sessions = {parent}
        parent.begin({"justMyCode": False, "subProcess": True})

    def drive(self) -> None:
        """Handle the events until the program and its children have ended. Raises queue.Empty at the time limit."""
        deadline = time.monotonic() + TIME_LIMIT_SECONDS
        while self._sessions:
            session, event = self._events.get(timeout=max(deadline - time.monotonic(), 0))
            kind = event["event"]
            if kind == "initialized":
                lines = [{"line": line} for line in self._lines]
                session.ask("setBreakpoints", source={"path": str(PROGRAM)}, breakpoints=lines)
                session.ask("configurationDone")
            elif kind == "debugpyAttach":
                address = event["body"]["connect"]
                child = Session((address["host"], address["port"]), "child", self._events)
                self._sessions.add(child)
                child.begin(event["body"])
            elif kind == "stopped":
                self._stopped(session, event["body"]["threadId"], event["body"]["reason"])
            elif kind == "terminated":
                self._sessions.discard(session)
                session.close()

    def _stopped(self, session: Session, thread: int, reason: str) -> None:
        frames = session.ask("stackTrace", threadId=thread)["stackFrames"]
        scope = session.ask("scopes", frameId=frames[0]["id"])["scopes"][0]
        found = session.ask("variables", variablesReference=scope["variablesReference"])["variables"]
        where = [f"{Path(frame['source']['path']).name}:{frame['line']} {frame['name']}" for frame in frames[:_FRAMES]]
        variables = sorted(variable["name"] for variable in found)
        self.stops.append(f"{session.name}: {reason} at {' < '.join(where)} of {len(frames)}: {' '.join(variables)}")
        if reason == "breakpoint":
            session.steps[thread] = list(STEPS)
        steps = session.steps.get(thread)
        session.ask(steps.pop(0) if steps else "continue", threadId=thread)


def stops(python: str, method: str, *, observed: bool) -> tuple[list[str], str, int]:
    """Debug the program, and return the stops, sorted, what it prints, and its exit status."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = free.getsockname()
    words = ["-m", "debugpy", "--listen", f"{address[0]}:{address[1]}", "--wait-for-client", str(PROGRAM), method]
    tool = [sys.executable, "-m", "rockproc.tui", "run", "--report", os.devnull, "--python", python]
    with tempfile.TemporaryFile("w+") as output:
        program = subprocess.Popen(
            [*(tool if observed else [python]), *words], stdout=output, stderr=subprocess.DEVNULL
        )
        try:
            client = Client(address)
            client.drive()
            status = program.wait(TIME_LIMIT_SECONDS)
        finally:
            program.kill()
        output.seek(0)
        return sorted(client.stops), output.read(), status


def main() -> int:
    """Print a line for each start method; the exit status is 1 if something differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--python", required=True, help="an interpreter that has debugpy")
    parser.add_argument("--method", nargs="+", choices=METHODS, default=list(METHODS))
    options = parser.parse_args()
    different = 0
    for method in options.method:
        bare = stops(options.python, method, observed=False)
        observed = stops(options.python, method, observed=True)
        different += bare != observed
        children = sum(stop.startswith("child") for stop in bare[0])
        print(f"{method}: {len(bare[0])} stops, {children} of them in children: ", end="")
        print("the same" if bare == observed else "DIFFERENT", flush=True)
        for stop in sorted({*bare[0]} ^ {*observed[0]}):
            print(f"  only {'bare' if stop in bare[0] else 'observed'}: {stop}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
