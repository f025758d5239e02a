"""Loads the probe into a process that is running, or takes it out; the observer has this executed there.

A call of `act` is added at the end. Nothing is printed or raised: the answer is empty, or says what was wrong.
"""

import sys

PACKAGE = "_rockproc_probe"


def _load(session, folder):
    import _imp
    import os
    from _frozen_importlib_external import SourceFileLoader

    name, file = PACKAGE + ".loading", os.path.join(folder, "loading.py")
    code = SourceFileLoader(name, file).get_code(name)
    _imp._fix_co_filename(code, "<frozen %s>" % name)  # pyright: ignore[reportAttributeAccessIssue]
    namespace = {"__name__": name}
    exec(code, namespace)  # pyright: ignore[reportArgumentType]
    loader = namespace["Loader"](PACKAGE, folder, session.split("\n")[1])  # pyright: ignore[reportCallIssue]
    lazy = sys.get_lazy_imports() if hasattr(sys, "get_lazy_imports") else "normal"  # pyright: ignore[reportAttributeAccessIssue]
    if lazy != "normal":
        sys.set_lazy_imports("normal")  # pyright: ignore[reportAttributeAccessIssue]
    sys.meta_path.insert(0, loader)
    try:
        return __import__(PACKAGE + ".attaching", fromlist=["attach"])
    finally:
        sys.meta_path.remove(loader)
        if lazy != "normal":
            sys.set_lazy_imports(lazy)  # pyright: ignore[reportAttributeAccessIssue]


def _act(action, session, entry):
    import os

    loaded = sys.modules.get(PACKAGE + ".attaching")
    if action in ("detach", "leave"):
        busy = loaded is not None and loaded.detach(last=action == "leave")
        return "A call that has begun with the probe is in progress; it records nothing any more." if busy else ""
    if loaded is not None and not os.path.isdir(loaded.journal.folder):
        loaded.detach(last=True)  # the observer that has loaded it was killed
        loaded = None
    if loaded is not None or PACKAGE in sys.modules:
        return "It is observed already."
    attaching = _load(session, os.path.dirname(entry))
    if action == "prepare":
        attaching.prepare(session)
        return ""
    try:
        attaching.attach(session, entry)
    except BaseException:
        attaching.detach(last=True)
        raise
    return ""


def act(action, session, entry):
    """Do what was asked for, and write the answer into the session folder.

    action: "attach", "detach", or "leave" for a detachment after which nothing follows; "prepare" in a process of ours.
    session, entry: see `boot.begin`.
    """
    import os

    try:
        text = _act(action, session, entry)
    except Exception as error:
        text = "%s: %s" % (type(error).__name__, error)
    answer = "%s/%d.%s" % (session.partition("\n")[0], os.getpid(), action)
    try:
        with open(answer + "~", "w") as file:
            file.write(text)
        os.rename(answer + "~", answer)  # so that nobody reads a part of it
    except OSError:
        pass
