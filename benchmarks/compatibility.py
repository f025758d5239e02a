"""Runs libraries that use multiprocessing, bare and observed, and writes `docs/compatibility.md`.

python -m benchmarks.compatibility --python PYTHON [--only NAME …] [--pairs 3]

The libraries are installed into a temporary environment of that Python. Each example runs bare and observed in turn;
"same" compares standard output and exit status, without numbers and without the order of lines. What is observed is
read from the report. An example that cannot be installed keeps its row in the table, if it has one.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).parents[1] / "docs" / "compatibility.md"
TIME_LIMIT_SECONDS = 180
MODULES = 24
"""Source files on which linters and compilers work."""


@dataclass(frozen=True)
class Example:
    """A library, and a program or a command by which it uses several processes."""

    name: str
    requirement: str
    source: str = ""
    """The source of `example.py`, for a program."""
    command: tuple[str, ...] = ("example.py",)
    """The arguments after `python`."""
    follow: bool = False
    """True if the library starts its workers by `subprocess`."""

    @property
    def distribution(self) -> str:
        return re.split(r"[\[=<> ]", self.requirement.split()[0])[0]


def _mapped(imports: str, call: str) -> str:
    return (
        f"{imports}\n\ndef work(number):\n    return number * number\n\nif __name__ == '__main__':\n    print({call})\n"
    )


_SERVED = """
import os, signal, threading

if __name__ == "__main__":
    threading.Timer(4, os.kill, (os.getpid(), signal.SIGTERM)).start()
    {run}
"""

EXAMPLES = (
    Example("compileall -j", "", command=("-m", "compileall", "-q", "-f", "-j", "2", "modules")),
    Example("flake8 -j", "flake8", command=("-m", "flake8", "-j", "2", "modules")),
    Example(
        "pylint -j",
        "pylint",
        command=("-m", "pylint", "-j", "2", "--disable=all", "--enable=E", "--score=n", "modules"),
    ),
    Example("black", "black", command=("-m", "black", "-q", "--check", "--no-cache", "--workers", "2", "modules")),
    Example("sphinx -j", "sphinx", command=("-m", "sphinx", "-q", "-E", "-j", "2", "pages", "built")),
    Example(
        "pytest",
        "pytest",
        """
import multiprocessing

def work(number):
    return number * number

def test_a_pool():
    with multiprocessing.Pool(2) as pool:
        assert pool.map(work, range(4)) == [0, 1, 4, 9]
""",
        ("-m", "pytest", "-q", "-p", "no:cacheprovider", "example.py"),
    ),
    Example(
        "pytest-xdist", "pytest-xdist", command=("-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2"), follow=True
    ),
    Example(
        "joblib (loky)",
        "joblib",
        _mapped("from joblib import Parallel, delayed", "Parallel(n_jobs=2)(delayed(work)(n) for n in range(40))"),
    ),
    Example(
        "joblib (multiprocessing)",
        "joblib",
        _mapped(
            "from joblib import Parallel, delayed",
            "Parallel(n_jobs=2, backend='multiprocessing')(delayed(work)(n) for n in range(40))",
        ),
    ),
    Example("loky", "loky", _mapped("import loky", "list(loky.ProcessPoolExecutor(2).map(work, range(40)))")),
    Example(
        "multiprocess", "multiprocess", _mapped("import multiprocess", "multiprocess.Pool(2).map(work, range(40))")
    ),
    Example("pathos", "pathos", _mapped("from pathos.pools import ProcessPool", "ProcessPool(2).map(work, range(40))")),
    Example("billiard", "billiard", _mapped("import billiard", "billiard.Pool(2).map(work, range(40))")),
    Example(
        "pebble",
        "pebble",
        _mapped("from pebble import ProcessPool", "list(ProcessPool(2).map(work, range(9)).result())"),
    ),
    Example(
        "debugpy",
        "debugpy",
        _mapped("import multiprocessing", "multiprocessing.get_context('fork').Pool(2).map(work, range(40))"),
        ("-m", "debugpy", "--listen", "127.0.0.1:0", "example.py"),
    ),
    Example("mpire", "mpire", _mapped("from mpire import WorkerPool", "WorkerPool(2).map(work, range(40))")),
    Example(
        "tqdm (process_map)",
        "tqdm",
        _mapped(
            "from tqdm.contrib.concurrent import process_map",
            "process_map(work, range(40), max_workers=2, disable=True)",
        ),
    ),
    Example(
        "aiomultiprocess",
        "aiomultiprocess",
        """
import asyncio
from aiomultiprocess import Pool

async def work(number):
    return number * number

async def main():
    async with Pool(2) as pool:
        print(await pool.map(work, range(20)))

if __name__ == "__main__":
    asyncio.run(main())
""",
    ),
    Example(
        "uvicorn --workers",
        "uvicorn",
        "import uvicorn\n\nasync def app(scope, receive, send):\n    pass\n"
        + _SERVED.format(run="uvicorn.run('example:app', workers=2, port=8765)"),
    ),
    Example(
        "gunicorn",
        "gunicorn",
        "import sys\nfrom gunicorn.app.wsgiapp import run\n\ndef app(environ, respond):\n    return []\n"
        + _SERVED.format(run="sys.argv[1:] = ['-w', '2', '-b', '127.0.0.1:8766', 'example:app']; run()"),
    ),
    Example(
        "torch DataLoader",
        "torch numpy",
        """
from torch.utils.data import DataLoader, Dataset

class Squares(Dataset):
    def __len__(self):
        return 40

    def __getitem__(self, number):
        return number * number

if __name__ == "__main__":
    print([int(number) for batch in DataLoader(Squares(), batch_size=4, num_workers=2) for number in batch])
""",
    ),
    Example(
        "dask LocalCluster",
        "distributed",
        _mapped("from distributed import Client, LocalCluster", "run()").replace(
            "if __name__",
            "def run():\n    options = {'n_workers': 2, 'threads_per_worker': 1, 'dashboard_address': None}\n"
            "    with LocalCluster(**options) as cluster, Client(cluster) as client:\n"
            "        return client.gather(client.map(work, range(40)))\n\nif __name__",
        ),
    ),
    Example(
        "datasets",
        "datasets",
        """
from datasets import Dataset, disable_progress_bars

def square(row):
    return {"square": row["number"] ** 2}

if __name__ == "__main__":
    disable_progress_bars()
    print(Dataset.from_dict({"number": list(range(40))}).map(square, num_proc=2)["square"][:])
""",
    ),
    Example(
        "pandarallel",
        "pandarallel pandas<3",  # it does not import with a later pandas
        """
import pandas
from pandarallel import pandarallel

def square(number):
    return number * number

if __name__ == "__main__":
    pandarallel.initialize(nb_workers=2, progress_bar=False, verbose=0)
    print(pandas.Series(range(40)).parallel_apply(square).tolist())
""",
    ),
    Example(
        "celery",
        "celery",
        """
import os, pathlib, signal, threading, time
from celery import Celery
from celery.signals import worker_ready

app = Celery("example", broker="memory://")
app.conf.worker_hijack_root_logger = False
done = pathlib.Path("done-by-celery")

@app.task
def work(number):
    (done / str(number)).touch()

def send(**arguments):
    threading.Thread(target=send_all).start()

def send_all():
    for number in range(20):
        work.delay(number)
    deadline = time.monotonic() + 60
    while len(list(done.iterdir())) < 20 and time.monotonic() < deadline:
        time.sleep(0.1)
    print(len(list(done.iterdir())), "done", flush=True)
    os.kill(os.getpid(), signal.SIGTERM)

if __name__ == "__main__":
    done.mkdir(exist_ok=True)
    for path in done.iterdir():
        path.unlink()
    worker_ready.connect(send)
    app.worker_main(["worker", "--pool=prefork", "--concurrency=2", "--loglevel=error", "--without-mingle"])
""",
    ),
    Example(
        "scikit-learn",
        "scikit-learn",
        """
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

if __name__ == "__main__":
    print(len(cross_val_score(LogisticRegression(), *make_classification(random_state=1), cv=4, n_jobs=2)))
""",
    ),
)


@dataclass(frozen=True)
class Pass:
    """The result of one run of an example."""

    output: list[str]
    status: int
    seconds: float


def run(command: list[str], folder: Path) -> Pass:
    """Run a command, and return what it printed, sorted and without numbers. Raises subprocess.TimeoutExpired."""
    begin = time.monotonic()
    done = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_SECONDS,
        check=False,
    )
    seconds = time.monotonic() - begin
    return Pass(sorted(re.sub(r"0x[0-9a-f]+|\d+", "0", done.stdout).splitlines()), done.returncode, seconds)


def prepare(folder: Path, example: Example) -> None:
    """Write the files on which the example works."""
    (folder / "modules").mkdir()
    (folder / "pages").mkdir()
    (folder / "pages" / "conf.py").write_text("project = 'pages'\nextensions = []\n")
    names = [f"part{number}" for number in range(MODULES)]
    for name in names:
        (folder / "modules" / f"{name}.py").write_text(f'"""{name}."""\n\n\ndef {name}(x):\n    return x + 1\n')
        (folder / "pages" / f"{name}.rst").write_text(f"{name}\n======\n\nText.\n")
        (folder / f"test_{name}.py").write_text("def test_it():\n    assert 1 + 1 == 2\n")
    listed = "".join(f"   {name}\n" for name in names)
    (folder / "pages" / "index.rst").write_text(f"Pages\n=====\n\n.. toctree::\n\n{listed}")
    if example.source:
        (folder / "example.py").write_text(example.source)


def observed_text(report: dict[str, Any]) -> str:
    """Return what a report says of processes, pools and operations."""
    coverage = report["coverage"]
    parts = [f"{coverage['observed']} of {coverage['processes']} processes", f"{coverage['operations']:,} operations"]
    parts += [
        f"{item['kind']} with {item['workers']} workers, {'?' if item['done'] is None else item['done']} tasks"
        for item in report["pools"][:1]
    ]
    missing = [*coverage["failed_taps"], *sorted({item["reason"] for item in coverage["unobserved"]})]
    if missing:
        parts.append(f"not observed: {', '.join(missing)}")
    findings = sorted({item["rule"] for item in report["findings"] if item["severity"] in ("error", "warning")})
    parts.append(f"errors and warnings: {', '.join(findings) or 'none'}")
    return "; ".join(parts)


def row(example: Example, python: Path, pairs: int) -> str:
    """Run an example bare and observed, and return its row of the table."""
    tool = str(Path(sys.prefix) / "bin" / "rockproc-tui")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, example)
        module = example.command[0] == "-m"
        words = list(example.command[1:] if module else example.command)
        own = ["--python", str(python), "--report", "report.json", *(["--follow"] if example.follow else [])]
        observed = [tool, "run", *own, *(["-m"] if module else []), *words]
        report: dict[str, Any] = {}
        bare_passes: list[Pass] = []
        observed_passes: list[Pass] = []
        for _ in range(pairs):
            bare_passes.append(run([str(python), *example.command], folder))
            observed_pass = run(observed, folder)
            report = json.loads((folder / "report.json").read_text())
            observed_passes.append(replace(observed_pass, seconds=report["duration_s"]))
    same = all(
        (bare.output, bare.status) == (other.output, other.status)
        for bare, other in zip(bare_passes, observed_passes, strict=True)
    )
    ratio = statistics.median(
        other.seconds / bare.seconds for bare, other in zip(bare_passes, observed_passes, strict=True)
    )
    seconds = statistics.median(item.seconds for item in bare_passes)
    followed = " `--follow`" if example.follow else ""
    version = installed_version(python, example)
    return (
        f"| {example.name}{followed} | {version} | {observed_text(report)} | {'yes' if same else '**no**'} "
        f"(exit {bare_passes[0].status}) | {seconds:.1f} s × {ratio:.2f} |"
    )


def installed_version(python: Path, example: Example) -> str:
    """Return the version of the library, or of Python for an example from the standard library."""
    if not example.requirement:
        source = "import sys; print('CPython %d.%d.%d' % sys.version_info[:3])"
    else:
        source = f"import importlib.metadata as m; print(m.version({example.distribution!r}))"
    return subprocess.run([str(python), "-c", source], capture_output=True, text=True, check=True).stdout.strip()


HEADER = """\
# Compatibility

`python -m benchmarks.compatibility --python PYTHON` installs each library into a temporary environment, runs one
example bare and under `rockproc-tui run` in turn, and writes this table. "Same" compares standard output and exit
status. The time is the median of the bare runs, and the median of the ratios of the pairs, where the observed run lasts
from the launch of the program to its end. The libraries' own tests are compared [in a table of their
own](libraries.md). "Errors and warnings" are the findings of the observed runs; `failed-tap` is one about rockproc-tui
itself, which does not know that version of billiard's Pool.

The wheel of torch on the package index needs several gigabytes of CUDA libraries: install a build for the CPU by a
constraint (`PIP_CONSTRAINT`). Its row was measured with CPython 3.11.7.

`python -m benchmarks.debugger --python PYTHON` debugs a program with breakpoints in the parent and in two children,
bare and observed, with debugpy. With debugpy 1.8.22, CPython 3.11.7 and 3.14.10, and each start method, all 30 stops
were the same, 10 of them in children: the reason, the lines of the frames, and the variables, also after steps into a
Queue and a Process.

"""
COLUMNS = "| library | version | observed | same as bare | time |\n| --- | --- | --- | --- | --- |\n"


def main() -> int:
    """Run the examples, and write the table after each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--python", required=True, help="the interpreter for the environment")
    parser.add_argument("--only", nargs="+", choices=[item.name for item in EXAMPLES])
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--document", type=Path, default=DOCUMENT)
    options = parser.parse_args()
    found = DOCUMENT.read_text().splitlines() if DOCUMENT.exists() else []
    rows = {line.split("|")[1].strip().partition(" `--")[0]: line for line in found if line.startswith("| ")}
    with tempfile.TemporaryDirectory() as name:
        subprocess.run([options.python, "-m", "venv", name], check=True)
        python = Path(name) / "bin" / "python"
        version = subprocess.run([str(python), "-V"], capture_output=True, text=True, check=True).stdout.strip()
        for example in EXAMPLES:
            if options.only and example.name not in options.only:
                continue
            if example.requirement:
                install = [str(python), "-m", "pip", "install", "--quiet", "--prefer-binary"]
                if subprocess.run([*install, *example.requirement.split()], check=False).returncode:
                    continue
            try:
                rows[example.name] = row(example, python, options.pairs)
            except (subprocess.SubprocessError, OSError, ValueError) as error:
                rows[example.name] = f"| {example.name} | | failed: {type(error).__name__} | | |"
            print(rows[example.name], flush=True)
            ordered = [rows[item.name] for item in EXAMPLES if item.name in rows]
            note = f"Measured under {version} on a shared machine with two cores, while others used it as well.\n\n"
            options.document.write_text(HEADER + note + COLUMNS + "\n".join(ordered) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
