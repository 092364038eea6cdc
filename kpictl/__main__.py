"""The entry point: answers `--version` and the top-level help at once, and loads the command line only for the rest."""

from __future__ import annotations

import sys


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit code (see `kpictl.cli.app`)."""
    given = sys.argv[1:] if arguments is None else arguments
    if given in (["--version"], ["-V"], ["version"]):
        from kpictl import __version__

        return _say(f"kpictl {__version__}\n")
    if not given or given in (["--help"], ["-h"], ["help"]):
        from kpictl.cli.listing import top_level_help

        return _say(top_level_help())
    import gc

    from kpictl.cli.app import run

    # A command makes many small objects that live until its end; looking for circles among them costs a tenth of it.
    gc.set_threshold(100_000, 50, 50)
    return run(given)


def _say(text: str) -> int:
    """Prints; a reader that has gone away (`| head`) is no fault, a full disk is."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return 141
        print(f"error: cannot write the output: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
