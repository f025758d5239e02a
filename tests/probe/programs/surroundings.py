"""Everything a program can see around itself, in the main process, a child, a bare fork and a subprocess."""

import atexit
import concurrent.futures.process
import gc
import multiprocessing as mp
import multiprocessing.managers
import multiprocessing.pool
import multiprocessing.popen_fork
import multiprocessing.popen_forkserver
import multiprocessing.popen_spawn_posix
import multiprocessing.queues
import multiprocessing.shared_memory
import multiprocessing.sharedctypes
import multiprocessing.synchronize
import os
import signal
import subprocess
import sys
import threading
import warnings


def environment():
    return {name: value for name, value in os.environ.items() if name not in ("_", "PWD", "OLDPWD", "SHLVL")}


def look(title):
    print("==", title)
    for name in ("argv", "orig_argv", "path", "flags", "warnoptions", "_xoptions", "executable", "prefix"):
        print(name, getattr(sys, name, None))
    print("meta_path", sys.meta_path)
    print("path_hooks", len(sys.path_hooks))
    print("path_importer_cache", sorted(map(str, sys.path_importer_cache)))
    print("environ", sorted(environment().items()))
    print("main", {name: type(value).__name__ for name, value in sorted(vars(sys.modules["__main__"]).items())})
    print("file", getattr(sys.modules["__main__"], "__file__", None))
    print("handlers", [(int(n), signal.getsignal(n)) for n in sorted(signal.valid_signals()) if callable_name(n)])
    print("mask", signal.pthread_sigmask(signal.SIG_BLOCK, []))
    print("threads", [thread.name for thread in threading.enumerate()], len(os.listdir("/proc/self/task")))
    print("hooks", sys.excepthook, threading.excepthook, sys.gettrace(), sys.getprofile(), sys.displayhook)
    print("audit", getattr(sys, "unraisablehook", None), sys.breakpointhook)
    print(
        "limits",
        sys.getrecursionlimit(),
        sys.getswitchinterval(),
        gc.isenabled(),
        gc.get_threshold(),
        len(gc.callbacks),
    )
    print("warnings", warnings.filters)
    print("atexit", atexit._ncallbacks())
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        print(name, stream and (stream.encoding, stream.errors, getattr(stream, "line_buffering", None)))
    print("cwd", os.getcwd(), "niceness", os.nice(0))
    print("daemon", mp.current_process().daemon, mp.current_process().name, mp.current_process().authkey is not None)
    print("method", mp.get_start_method(allow_none=True))
    sys.stdout.flush()


def callable_name(number):
    try:
        return repr(signal.getsignal(number))
    except ValueError:
        return ""


SUBPROCESS = "import os, sys; print(sys.path, sorted(os.environ), sorted(sys.modules), sys.meta_path)"

if __name__ == "__main__":
    os.putenv("BEHIND_OS_ENVIRON", "1")  # as a library in C does
    look("before")
    mp.set_start_method(sys.argv[1])
    look("main")
    child = mp.Process(target=look, args=("child",))
    child.start()
    child.join()
    print(child.exitcode)
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        look("fork")
        os._exit(7)
    print(os.waitpid(pid, 0)[1])
    sys.stdout.flush()
    print(subprocess.run([sys.executable, "-c", SUBPROCESS], stdout=subprocess.PIPE, universal_newlines=True).stdout)
    os.system("env | cut -d= -f1 | sort")
