"""billiard (celery): a fork of the multiprocessing of CPython 3.5 with a Pool of its own. As of billiard 4.2 and 4.3.

Its Pool keeps and replaces workers in another way, so that it is not shown as a pool.
"""

from ..weave import Weave

MODULES = {
    "compat": "util",
    "connection": "connection",
    "context": "context",
    "heap": "heap",
    "managers": "managers",
    "pool": "",
    "popen_fork": "popen_fork",
    "popen_forkserver": "popen_forkserver",
    "process": "process",
    "queues": "queues",
    "sharedctypes": "sharedctypes",
    "synchronize": "synchronize",
}

CHANGES = {
    "connection": {
        "SocketClient": Weave(
            statements={"s.connect(address)": "tap.connecting(address)"},
            calls={"Connection(detach(s))": "tap.connected(tap.peer(s), {}, tap.Op.CONNECT)"},
            failed="tap.not_connected()",
        ),
        "SocketListener.accept": Weave(
            before="tap.accepting(self)",
            calls={"Connection(detach(s))": "tap.connected(tap.own(s), {}, tap.Op.ACCEPT)"},
            failed="tap.not_connected()",
        ),
        "wait": Weave(
            calls={"_poll(object_list, timeout)": "tap.awaited(tap.awaiting_all(object_list, timeout), {})"},
            failed="tap.await_failed()",
        ),
    },
    "heap": {
        "Arena.__init__": Weave(
            calls={
                "util.get_temp_dir()": "tap.choose_folder(size) or {}",
                "os.unlink(name)": "tap.keep_linked(self, size, name) or {}",
            }
        ),
        "Heap._discard_arena": None,  # it never gives memory back
    },
    "managers": {
        "Server.decref": Weave(
            statements={"del self.id_to_obj[ident], self.id_to_refcount[ident]": "tap.dropped(self, ident)"}
        ),
        "SharedMemoryManager.SharedMemory": None,
        "SharedMemoryManager.ShareableList": None,
    },
    "process": {
        "BaseProcess.kill": None,
        "BaseProcess._bootstrap": Weave(
            before="tap.bootstrap_begins(self)",
            statements={
                "self.run()": "tap.run_begins(self)",
                "util._exit_function()": "tap.exit_begins(self)",
                "traceback.print_exc()": "tap.raised(self)",
                "return exitcode": "tap.exiting(self, exitcode)",
            },
        ),
    },
    "queues": {
        "Queue._feed": Weave(
            statements={
                "if ignore_epipe and get_errno(exc) == errno.EPIPE:\n    return": (
                    "tap.lost(send_bytes, exc, buffer, sentinel)"  # the feeder ends, whatever the error
                ),
            }
        ),
        "SimpleQueue.__setstate__": None,
        "SimpleQueue.empty": None,
        "SimpleQueue.get": None,
        "_SimpleQueue.__setstate__": Weave(after="tap.add_tap(self)"),
        "_SimpleQueue.empty": Weave(calls={"self._poll()": "tap.asked(self, {})"}),
        "_SimpleQueue.get": Weave(before="tap.getting(self, True, None)", failed="tap.operation_failed(self)"),
    },
    "compat": {"spawnv_passfds": Weave(before="path, args = tap.command(path, args)"), "_exit_function": None},
}
