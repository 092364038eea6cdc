#!/usr/bin/env python3
"""Serve provider schemas to an unmodified terraform binary, without providers and without network.

Input: files in the format of `terraform providers schema -json` (.json or .json.gz); every
provider address found in them is served on its own unix socket (plugin protocol 6).

  tf_stub.py schemas/*.json.gz                   prints TF_REATTACH_PROVIDERS as one JSON line, serves until
                                                 SIGTERM/SIGINT (or, with --until-stdin-closes, end of stdin)
  tf_stub.py schemas/*.json.gz -- terraform validate
                                                 runs the command with the environment set, stops, returns its status

What it does: schema checks (by terraform core), plans of new resources with computed attributes
unknown, data source reads with invented values, provider functions with invented results.
What it does not: the provider's own checks (enums, ConflictsWith, plan modifiers), apply, import.

It runs in an environment of its own (tests/oracles/pins.py); of the package tf only the protocol classes are used.
"""

import argparse
import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from concurrent import futures

import grpc
import msgpack
from tf.gen import (
    grpc_controller_pb2 as cpb,
)
from tf.gen import (
    grpc_controller_pb2_grpc as crpc,
)
from tf.gen import (
    grpc_stdio_pb2_grpc as srpc,
)
from tf.gen import (
    tfplugin_pb2 as pb,
)
from tf.gen import (
    tfplugin_pb2_grpc as rpc,
)

UNKNOWN = msgpack.ExtType(0, b"\0")
NB, OB = pb.Schema.NestedBlock, pb.Schema.Object
BLOCK_MODE = dict(single=NB.SINGLE, list=NB.LIST, set=NB.SET, map=NB.MAP, group=NB.GROUP)
OBJECT_MODE = dict(single=OB.SINGLE, list=OB.LIST, set=OB.SET, map=OB.MAP)
WRITE_ONLY = b"\x58\x01"  # field 11 (write_only) = true; newer than the generated classes


# ---- schema: JSON -> protocol -------------------------------------------------------------------
def attribute(name, a):
    m = pb.Schema.Attribute(
        name=name,
        required=a.get("required", False),
        optional=a.get("optional", False),
        computed=a.get("computed", False),
        sensitive=a.get("sensitive", False),
        deprecated=a.get("deprecated", False),
    )
    if "nested_type" in a:
        n = a["nested_type"]
        m.nested_type.CopyFrom(
            OB(
                nesting=OBJECT_MODE[n["nesting_mode"]],
                attributes=[attribute(k, v) for k, v in n.get("attributes", {}).items()],
            )
        )
    else:
        m.type = json.dumps(a["type"]).encode()
    if a.get("write_only"):
        m.MergeFromString(WRITE_ONLY)
    return m


def block(b):
    return pb.Schema.Block(
        deprecated=b.get("deprecated", False),
        attributes=[attribute(k, v) for k, v in b.get("attributes", {}).items()],
        block_types=[
            NB(
                type_name=k,
                block=block(v.get("block", {})),
                nesting=BLOCK_MODE[v["nesting_mode"]],
                min_items=v.get("min_items", 0),
                max_items=v.get("max_items", 0),
            )
            for k, v in b.get("block_types", {}).items()
        ],
    )


def schema(s):
    return pb.Schema(version=s.get("version", 0), block=block(s.get("block", {})))


def function(f):
    def par(p):
        return pb.Function.Parameter(
            name=p.get("name", "arg"),
            type=json.dumps(p["type"]).encode(),
            allow_null_value=p.get("is_nullable", False),
            allow_unknown_values=False,
        )

    m = pb.Function(parameters=[par(p) for p in f.get("parameters", [])])
    m.__getattribute__("return").type = json.dumps(f["return_type"]).encode()
    if f.get("variadic_parameter"):
        m.variadic_parameter.CopyFrom(par(f["variadic_parameter"]))
    return m


# ---- values -------------------------------------------------------------------------------------
def unpack(d):
    if d.json:
        return json.loads(d.json)
    return msgpack.unpackb(d.msgpack, raw=False, strict_map_key=False) if d.msgpack else None


def pack(v):
    return pb.DynamicValue(msgpack=msgpack.packb(v, use_bin_type=True))


def elements(mode, v):
    """the objects inside a nested block or nested attribute value"""
    if not isinstance(v, (dict, list)):
        return []  # null or unknown
    return [v] if mode in ("single", "group") else list(v.values()) if mode == "map" else v


def complete(attributes, blocks, v, fill):
    """replace each null computed attribute by fill(name, attribute); clear write-only ones"""
    if not isinstance(v, dict):
        return
    for n, a in attributes.items():
        if a.get("write_only"):
            v[n] = None
        elif v.get(n) is None:
            if a.get("computed"):
                v[n] = fill(n, a)
        elif "nested_type" in a:
            for e in elements(a["nested_type"]["nesting_mode"], v[n]):
                complete(a["nested_type"].get("attributes", {}), {}, e, fill)
    for n, b in blocks.items():
        for e in elements(b["nesting_mode"], v.get(n)):
            complete(b["block"].get("attributes", {}), b["block"].get("block_types", {}), e, fill)


def invent(name, t):
    """a known value of a type (data sources and functions must not return unknown values)"""
    if t == "string":
        return "{}" if "json" in name or "policy" in name else "stub-" + name.replace("_", "-")
    if t in ("number", "bool"):
        return 0 if t == "number" else False
    if t == "dynamic":
        return [b'"string"', "stub-" + name]
    kind, of = t
    if kind in ("list", "set"):
        return [invent(name, of)] if of != "string" else ["stub-%s-%d" % (name, i) for i in range(3)]
    if kind == "map":
        return {}
    if kind == "tuple":
        return [invent(name, x) for x in of]
    return {k: invent(k, x) for k, x in of.items()}


def invent_attribute(name, a):
    if "nested_type" not in a:
        return invent(name, a["type"])
    n = a["nested_type"]
    one = {k: invent_attribute(k, v) for k, v in n.get("attributes", {}).items()}
    return one if n["nesting_mode"] == "single" else {} if n["nesting_mode"] == "map" else [one]


def diag(text, detail=""):
    return [pb.Diagnostic(severity=pb.Diagnostic.ERROR, summary=text, detail=detail)]


# ---- the provider -------------------------------------------------------------------------------
class Provider(rpc.ProviderServicer):
    def __init__(self, address, s):
        self.address, self.s = address, s
        self.resources, self.data = s.get("resource_schemas", {}), s.get("data_source_schemas", {})
        self.functions = s.get("functions", {})
        self.lock, self.answer = threading.Lock(), None

    def GetMetadata(self, r, c):
        return pb.GetMetadata.Response(
            server_capabilities=pb.ServerCapabilities(get_provider_schema_optional=True),
            resources=[pb.GetMetadata.ResourceMetadata(type_name=k) for k in self.resources],
            data_sources=[pb.GetMetadata.DataSourceMetadata(type_name=k) for k in self.data],
        )

    def GetProviderSchema(self, r, c):
        with self.lock:
            if self.answer is None:
                self.answer = pb.GetProviderSchema.Response(
                    provider=schema(self.s.get("provider", {})),
                    resource_schemas={k: schema(v) for k, v in self.resources.items()},
                    data_source_schemas={k: schema(v) for k, v in self.data.items()},
                    functions={k: function(v) for k, v in self.functions.items()},
                    server_capabilities=pb.ServerCapabilities(get_provider_schema_optional=True),
                )
            return self.answer

    def ValidateProviderConfig(self, r, c):
        return pb.ValidateProviderConfig.Response()

    def ValidateResourceConfig(self, r, c):
        return pb.ValidateResourceConfig.Response()

    def ValidateDataResourceConfig(self, r, c):
        return pb.ValidateDataResourceConfig.Response()

    def ConfigureProvider(self, r, c):
        return pb.ConfigureProvider.Response()

    def StopProvider(self, r, c):
        return pb.StopProvider.Response()

    def GetFunctions(self, r, c):
        return pb.GetFunctions.Response(functions={k: function(v) for k, v in self.functions.items()})

    def CallFunction(self, r, c):
        f = self.functions[r.name]
        return pb.CallFunction.Response(result=pack(invent(r.name, f["return_type"])))

    def UpgradeResourceState(self, r, c):
        return pb.UpgradeResourceState.Response(upgraded_state=pb.DynamicValue(json=r.raw_state.json))

    def ReadResource(self, r, c):
        return pb.ReadResource.Response(new_state=r.current_state, private=r.private)

    def PlanResourceChange(self, r, c):
        v, prior = unpack(r.proposed_new_state), unpack(r.prior_state)
        if isinstance(v, dict):
            b = self.resources[r.type_name]["block"]
            create = prior is None
            complete(b.get("attributes", {}), b.get("block_types", {}), v, lambda n, a: UNKNOWN if create else None)
        return pb.PlanResourceChange.Response(planned_state=pack(v), legacy_type_system=True)

    def ReadDataSource(self, r, c):
        v, b = unpack(r.config), self.data[r.type_name]["block"]
        complete(b.get("attributes", {}), b.get("block_types", {}), v, invent_attribute)
        return pb.ReadDataSource.Response(state=pack(v))

    def ApplyResourceChange(self, r, c):
        return pb.ApplyResourceChange.Response(
            new_state=r.prior_state, diagnostics=diag("the schema stub cannot apply", self.address + " " + r.type_name)
        )

    def ImportResourceState(self, r, c):
        return pb.ImportResourceState.Response(diagnostics=diag("the schema stub cannot import", r.type_name))

    def MoveResourceState(self, r, c):
        return pb.MoveResourceState.Response(diagnostics=diag("the schema stub cannot move between types"))


class Controller(crpc.GRPCControllerServicer):
    def Shutdown(self, r, c):
        return cpb.Empty()


class Stdio(srpc.GRPCStdioServicer):
    def StreamStdio(self, r, c):
        return iter([])


def load(paths):
    out = {}
    for p in paths:
        with (gzip.open if p.endswith(".gz") else open)(p, "rb") as f:
            for address, s in json.load(f)["provider_schemas"].items():
                if address in out:
                    raise SystemExit("%s: second schema for %s" % (p, address))
                out[address] = s
    return out


class Stub:
    """context manager: `with Stub(load(files)) as stub: subprocess.run(..., env={**os.environ, **stub.env})`"""

    def __init__(self, schemas):
        self.schemas, self.servers, self.reattach = schemas, [], {}

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="tfs")
        for address, s in self.schemas.items():
            sock = os.path.join(self.dir, "%d.sock" % len(self.servers))
            sv = grpc.server(futures.ThreadPoolExecutor(8))
            rpc.add_ProviderServicer_to_server(Provider(address, s), sv)
            crpc.add_GRPCControllerServicer_to_server(Controller(), sv)
            srpc.add_GRPCStdioServicer_to_server(Stdio(), sv)
            sv.add_insecure_port("unix://" + sock)
            sv.start()
            self.servers.append(sv)
            self.reattach[address] = dict(
                Protocol="grpc", ProtocolVersion=6, Pid=os.getpid(), Test=True, Addr=dict(Network="unix", String=sock)
            )
        self.env = dict(
            TF_REATTACH_PROVIDERS=json.dumps(self.reattach),
            TF_CLI_CONFIG_FILE=os.devnull,
            CHECKPOINT_DISABLE="1",
            TF_IN_AUTOMATION="1",
            TF_INPUT="0",
        )
        return self

    def __exit__(self, *x):
        for done in [sv.stop(1) for sv in self.servers]:
            done.wait(2)
        shutil.rmtree(self.dir, ignore_errors=True)


def main():
    argv, command = sys.argv[1:], None
    if "--" in argv:
        i = argv.index("--")
        argv, command = argv[:i], argv[i + 1 :]
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("schemas", nargs="+", metavar="SCHEMA.json[.gz]")
    ap.add_argument("--until-stdin-closes", action="store_true", help="also stop at end of standard input")
    a = ap.parse_args(argv)
    stop = threading.Event()
    for sig in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sig, lambda *x: stop.set())
    with Stub(load(a.schemas)) as stub:
        if command:
            return subprocess.run(command, env={**os.environ, **stub.env}).returncode
        print(json.dumps(stub.reattach), flush=True)
        if a.until_stdin_closes:
            threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
