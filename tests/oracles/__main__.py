"""The command of the judges: python -m tests.oracles --install | --status | --selftest [NAME ...]."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Sequence

from tests.oracles import NAMES, make_judge, places
from tests.oracles.judge import CannotHold, EngineLost, Rejected
from tests.oracles.places import in_ci


def install(names: Sequence[str]) -> int:
    """Bring each engine: Debian packages where root, then its pins; what cannot be had is named."""
    failed = 0
    for name in names:
        began = time.monotonic()
        judge = make_judge(name)
        try:
            if packages := places.absent_packages(name):
                places.apt_install(packages)
            module = importlib.import_module(type(judge).__module__)
            if hasattr(module, "install"):
                module.install()
            print(f"{name:<10} {judge.missing() or 'ready'} ({time.monotonic() - began:.1f} s)", flush=True)
        except (RuntimeError, OSError) as error:
            failed = 1
            print(f"{name:<10} not installed: {error}", flush=True)
    return failed


def status(names: Sequence[str]) -> int:
    """A line an engine; 1 where CI=true and one is missing."""
    absent = 0
    print(f"{'engine':<10} {'evidence':<9} state")
    for name in names:
        judge = make_judge(name)
        reason = judge.missing()
        absent += reason is not None
        print(f"{name:<10} {judge.evidence:<9} {'missing  ' + reason if reason else 'ready'}")
    return int(absent > 0 and in_ci())


def selftest(names: Sequence[str]) -> int:
    """Start each engine, put its cases to it, stop it; 1 when one fails."""
    from tests.oracles import cases

    failed = 0
    for name in names:
        judge = make_judge(name)
        if reason := judge.missing():
            failed = 1
            print(f"{name:<10} missing: {reason}")
            continue
        began = time.monotonic()
        try:
            judge.start()
            up = time.monotonic()
            faults = cases.faults(judge)
            print(f"{name:<10} {faults or 'ok'}; up in {up - began:.1f} s, cases {time.monotonic() - up:.1f} s")
            failed |= bool(faults)
        except (Rejected, CannotHold, EngineLost, RuntimeError, OSError) as error:
            failed = 1
            print(f"{name:<10} failed: {error}")
        finally:
            judge.stop()
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.oracles", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    for name, act in (("install", install), ("status", status), ("selftest", selftest)):
        what.add_argument(f"--{name}", dest="act", action="store_const", const=act, help=act.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all without one")
    told = parser.parse_args()
    if unknown := [name for name in told.names if name not in NAMES]:
        parser.error(f"no such engine: {', '.join(unknown)}")
    result: int = told.act(told.names or NAMES)
    return result


if __name__ == "__main__":
    sys.exit(main())
