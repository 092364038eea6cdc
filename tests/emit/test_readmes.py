"""What READMEs of artifacts tell people to type: shell that parses, options that kpictl has, and files that are there."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from kpictl.cli.app import run

DEPLOY = Path(__file__).parents[2] / "examples" / "nexpo" / "deploy"
READMES = sorted(path.relative_to(DEPLOY).as_posix() for path in DEPLOY.rglob("README.md"))
LATER = ("serve", "ingest")
"""Commands that READMEs call those of a later kpictl."""
_PATH = re.compile(r"[\w.*-]+(/[\w.*-]+)*(/|\.(sql|sh|py|json|yml|tf|tfvars|md|lkml|tmdl|pbids|tds|properties))")
_FOREIGN = (".kpictl", "store.env", "agent.json", "kpi_project.yml", "profiles.yml", "conf.d")


_ASKED = ("deploy/", "queries/rollup/")
"""The folder of all artifacts, and what is there where a source of the project asks for it."""


def _blocks(text: str) -> Iterator[str]:
    yield from re.findall(r"^```(?:sh|bash)\n(.*?)^```", text, re.M | re.S)


def _inline(text: str) -> list[str]:
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))


def _commands(text: str) -> Iterator[list[str]]:
    """Words of each command of a script, comments away; words that the shell makes are left as they are."""
    plain = re.sub(r"(^|\s)#\s.*$", "", text.replace("\\\n", " "), flags=re.M)
    words = shlex.shlex(plain, posix=True, punctuation_chars="();<>|&\n")
    words.whitespace = " \t"
    words.commenters = ""
    command: list[str] = []
    for word in words:
        if set(word) <= set("();|&\n"):
            yield command
            command = []
        else:
            command.append(word)
    yield command


def _read(name: str) -> str:
    return (DEPLOY / name).read_text()


def test_there_is_one_an_artifact() -> None:
    assert {name.split("/")[0] for name in READMES} == {path.name for path in DEPLOY.iterdir() if path.is_dir()}


@pytest.mark.parametrize("name", READMES)
def test_shell_parses(name: str) -> None:
    for block in _blocks(_read(name)):
        done = subprocess.run(["bash", "-n"], input=block, text=True, capture_output=True, check=False)
        assert done.returncode == 0, (block, done.stderr)


@pytest.mark.parametrize("name", READMES)
def test_kpictl_has_what_is_typed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = _read(name)
    typed = [words for block in (*_blocks(text), *_inline(text)) for words in _commands(block)]
    for words in typed:
        if words[:1] != ["kpictl"] or words[1:2] == [] or words[1] in LATER:
            continue
        arguments = [*words[1:], "--help"]
        if "<" in arguments:
            arguments = [*arguments[: arguments.index("<")], "--help"]
        # Options are looked at before --help is.
        assert run(arguments) == 0, (words, capsys.readouterr().err)


@pytest.mark.parametrize("name", READMES)
def test_files_that_are_named_are_there(name: str) -> None:
    text = _read(name)
    base = (DEPLOY / name).parent
    artifact = DEPLOY / name.split("/")[0]
    there = [str(path) for path in DEPLOY.rglob("*")]
    for words in (*(w for block in _blocks(text) for w in _commands(block)), *([each] for each in _inline(text))):
        if words[:1] == ["cd"]:
            # As it is in a checkout that has the artifact's folder at its root, or from where the README is.
            base = next(each for each in (base / words[1], artifact.parent / words[1]) if each.is_dir())
        for word in words:
            found = word.partition("file=")[2] or word
            if not _PATH.fullmatch(found) or found.startswith(_FOREIGN) or "/conf.d/" in found or found in _ASKED:
                continue
            pattern = re.sub(r"\b(NAME|SEVERITY)\b", "*", found.removeprefix("deploy/").rstrip("/"))
            wanted = [str((root / pattern).resolve()) for root in (base, artifact, DEPLOY)]
            # A name alone is that of a file which a table before it has in full.
            wanted += [] if "/" in found else [f"{artifact}/*/{pattern}"]
            assert any(fnmatch(path, each) for path in there for each in wanted), (word, words)


def test_terraform_has_the_variables_that_are_typed() -> None:
    home = DEPLOY / "terraform" / "microservices" / "kpi-engine"
    declared = set(re.findall(r'^variable "(\w+)"', (home / "variables.tf").read_text(), re.M))
    text = (home / "README.md").read_text()
    typed = re.findall(r"""-var=["']?(\w+)=""", text) + re.findall(r"TF_VAR_(\w+)", text)
    assert typed
    assert set(typed) <= declared
    outputs = set(re.findall(r'^output "(\w+)"', (home / "outputs.tf").read_text(), re.M))
    assert set(re.findall(r"terraform output -raw (\w+)", text)) <= outputs
