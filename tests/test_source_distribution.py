"""The source distribution must contain every file under version control, so that `make test` works in it."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path, PurePath

import pytest

ROOT = Path(__file__).parents[1]
ALWAYS = ("README.md", "pyproject.toml", "MANIFEST.in")
"""Files that setuptools adds by itself."""


def manifest() -> tuple[list[str], list[str]]:
    """Return the patterns of included files and the names of included folders, from MANIFEST.in."""
    included: list[str] = []
    folders: list[str] = []
    for line in (ROOT / "MANIFEST.in").read_text().splitlines():
        command, *names = line.split() or [""]
        if command == "include":
            included += names
        elif command == "graft":
            folders += names
        elif command not in ("", "#", "global-exclude"):
            pytest.fail(f"this test does not know the command {command} of MANIFEST.in")
    return included, folders


def package_folders() -> set[str]:
    """Return the folders whose modules are installed."""
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    roots = dict(tools["package-dir"])
    return {
        str(PurePath(roots[".".join(parts[:2])], *parts[2:]))
        for parts in (package.split(".") for package in tools["packages"])
    }


@pytest.mark.skipif(not (ROOT / ".git").exists() or shutil.which("git") is None, reason="this is no checkout")
def test_every_file_under_version_control_is_in_the_source_distribution() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    included, folders = manifest()
    packages = package_folders()

    def is_in_distribution(name: str) -> bool:
        path = PurePath(name)
        return (
            path.parts[0] in folders
            or any(fnmatch(name, pattern) for pattern in (*ALWAYS, *included))
            or (str(path.parent) in packages and (path.suffix in (".py", ".tcss") or path.name == "py.typed"))
        )

    missing = [name for name in listed.split("\0") if name and not is_in_distribution(name)]
    assert missing == [], "add them to MANIFEST.in"
