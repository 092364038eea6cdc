#!/usr/bin/env python3
"""Rebuild a provider schema from a generated cdktf provider package, in the format of
`terraform providers schema -json` (for providers which cannot be built).

  npm pack @cdktf/provider-aws@21.22.1
  tar xzf *.tgz --wildcards 'package/lib/*/index.js' 'package/lib/*/index.d.ts' 'package/lib/*/index-structs/*'
  schema_from_cdktf.py package/lib hashicorp/aws OUT.json

Lost in the package: whether an optional attribute is also computed (all are said to be), min_items above 1, max_items above 1, sensitive, write-only, blocks written as
attributes (table ATTR_MODE), nested attributes (protocol 6 providers need --nested)."""

import glob
import json
import os
import re
import sys

SCALAR = {
    "string": "string",
    "number": "number",
    "boolean": "bool",
    "any": "dynamic",
    "stringList": ["list", "string"],
    "numberList": ["list", "number"],
    "booleanList": ["list", "bool"],
    "stringMap": ["map", "string"],
    "numberMap": ["map", "number"],
    "booleanMap": ["map", "bool"],
    "anyMap": ["map", "string"],
    "stringListMap": ["map", ["list", "string"]],
    "stringListList": ["list", ["list", "string"]],
    "stringMapList": ["list", ["map", "string"]],
}
# nested resources which the SDK declares as attributes (both syntaxes are accepted)
ATTR_MODE = {
    ("aws_security_group", "ingress"),
    ("aws_security_group", "egress"),
    ("aws_default_security_group", "ingress"),
    ("aws_default_security_group", "egress"),
    ("aws_route_table", "route"),
    ("aws_network_acl", "ingress"),
    ("aws_network_acl", "egress"),
}
ATTR = re.compile(
    r"^\s{8,12}(\w+): \{\n\s+value: (.*?),\n\s+isBlock: (true|false),\n\s+type: \"(\w+)\",\n"
    r"\s+storageClassType: \"(\w+)\",\n\s+\},",
    re.M | re.S,
)
FLAG = re.compile(
    r"// (\w+) - computed: (true|false), optional: (true|false), required: (true|false)\n"
    r"((?:(?!\s*// \w+ - computed: ).*\n){1,4})"
)
INTERFACE = re.compile(r"#(\w+) \w+#\w+\}(?:(?!#\w+ \w+#\w+\}).)*?\n\s+readonly \w+(\??):", re.S)
GETTER = (
    ("StringMapAttribute", ["map", "string"]),
    ("StringMap(", ["map", "string"]),
    ("NumberMap", ["map", "number"]),
    ("BooleanMap", ["map", "bool"]),
    ("NumberListAttribute", ["list", "number"]),
    ("ListAttribute", ["list", "string"]),
    ("getNumber", "number"),
    ("getBoolean", "bool"),
    ("getString", "string"),
    ("AnyMap", ["map", "string"]),
)


def convert(path, nested=False):
    files = [path] + sorted(glob.glob(os.path.join(os.path.dirname(path), "index-structs", "structs*.js")))
    js = "\n".join(open(p).read() for p in files)
    dts = "\n".join(open(p[: -len(".js")] + ".d.ts").read() for p in files)
    required = {
        m[1]: {a for a, q in INTERFACE.findall(m[2]) if not q}
        for m in re.finditer(r"^export interface (\w+)(?: extends [\w.]+)? \{(.*?)^\}", dts, re.M | re.S)
    }
    functions = {
        m[1]: m[2] for m in re.finditer(r"^function (\w+)ToHclTerraform\(struct\) \{(.*?)^\}", js, re.M | re.S)
    }
    classes = {m[1]: m[2] for m in re.finditer(r"^class (\w+) extends [\w.]+ \{(.*?)^\}", js, re.M | re.S)}
    top = next(n for n, b in classes.items() if "terraformResourceType: " in b or "synthesizeHclAttributes" in b)
    resource = re.search(r'tfResourceType = "(\w+)"', js)[1]
    version = re.search(r"providerVersion: '([\d.]+)'", js)[1]

    def flags(body):
        return {
            n: dict(computed=c == "true", optional=o == "true", required=r == "true", tail=t)
            for n, c, o, r, t in FLAG.findall(body)
        }

    def computed_type(f):
        """type of a computed-only attribute, from its accessor or its generated class"""
        m = re.search(
            r"= new (?:\w+\.)?(\w+?)(List|Map|OutputReference)\(this, \"\w+\"(?:, (true|false))?\)", f["tail"]
        )
        if m and m[1] + "OutputReference" in classes:
            inner = flags(classes[m[1] + "OutputReference"])
            obj = ["object", {n: computed_type(x) for n, x in inner.items()}]
            kind = {"List": "set" if m[3] == "true" else "list", "Map": "map", "OutputReference": None}[m[2]]
            return [kind, obj] if kind else obj
        for text, t in GETTER:
            if text in f["tail"]:
                return ["set", t[1]] if isinstance(t, list) and t[0] == "list" and "tolist" in f["tail"] else t
        return "string"

    def object_type(b):
        o = {n: a["type"] for n, a in b["attributes"].items()}
        for n, x in b.get("block_types", {}).items():
            t = object_type(x["block"])
            o[n] = t if x["nesting_mode"] == "single" else [x["nesting_mode"], t]
        return ["object", o]

    def build(attr_body, class_body, interface, inset=False):
        fl, req, attrs, blocks = flags(class_body), required.get(interface, set()), {}, {}
        for n, value, is_block, kind, storage in ATTR.findall(attr_body):
            f = fl.get(
                n, dict(computed=not interface.endswith("Timeouts"))
            )  # the package does not say: assume computed
            m = re.search(r"(\w+)ToHclTerraform", value) if is_block == "true" else None
            how = (
                dict(required=True)
                if n in req
                else dict(optional=True, **(dict(computed=True) if f["computed"] else {}))
            )
            if m and m[1] in functions:
                cls = m[1][0].upper() + m[1][1:]
                mode = "single" if kind == "struct" else kind
                b = build(functions[m[1]], classes.get(cls + "OutputReference", ""), cls, inset or mode == "set")
                if nested:
                    attrs[n] = dict(how, nested_type=dict(nesting_mode=mode, attributes=b["attributes"]))
                elif (resource, n) in ATTR_MODE or mode == "map":
                    attrs[n] = dict(how, type=[mode, object_type(b)])
                else:
                    x = dict(nesting_mode=mode, block=b)
                    if n in req:
                        x["min_items"] = 1
                    if mode != "single" and cls + "List" not in classes:
                        x["max_items"] = 1
                    blocks[n] = x
            else:
                t = SCALAR.get(storage, "string" if inset else "dynamic")
                if t == "dynamic" and inset:
                    t = "string"
                if kind == "set" and isinstance(t, list):
                    t = ["set", t[1]]
                attrs[n] = dict(how, type=t)
        for n, f in fl.items():
            if n not in attrs and n not in blocks:
                attrs[n] = dict(type=computed_type(f), computed=True, **(dict(optional=True) if f["optional"] else {}))
        return dict(attributes=attrs, block_types=blocks) if blocks else dict(attributes=attrs)

    body = classes[top]
    interface = top + "Config"
    return (
        resource,
        version,
        dict(version=0, block=build(body[body.index("synthesizeHclAttributes") :], body, interface)),
    )


def main():
    nested = "--nested" in sys.argv
    lib, address, dst = [a for a in sys.argv[1:] if a != "--nested"]
    s = dict(provider=dict(version=0, block={}), resource_schemas={}, data_source_schemas={})
    versions, failed = set(), []
    for path in sorted(glob.glob(os.path.join(lib, "*", "index.js"))):
        name = os.path.basename(os.path.dirname(path))
        try:
            resource, version, x = convert(path, nested)
        except Exception as e:  # a generated file of another form
            failed.append("%s (%r)" % (name, e))
            continue
        versions.add(version)
        if name == "provider":
            x["block"]["attributes"].pop("alias", None)  # a meta-argument
            for a in x["block"]["attributes"].values():
                a.pop("computed", None)
            s["provider"] = x
        else:
            s["data_source_schemas" if name.startswith("data-") else "resource_schemas"][resource] = x
    with open(dst, "w") as f:
        json.dump(dict(format_version="1.0", provider_schemas={address: s}), f)
    print(
        address,
        " ".join(versions),
        len(s["resource_schemas"]),
        "resources",
        len(s["data_source_schemas"]),
        "data sources, not converted:",
        failed or "none",
    )


if __name__ == "__main__":
    main()
