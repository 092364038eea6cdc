"""Microsoft's T-SQL parser and name binding: python scriptdom.py FOLDER_OF_ASSEMBLIES.

.NET Core 3.1 (dotnetcore2) runs ScriptDom 15.0.4451.1 and DacFx, through pythonnet. DacFx needs ICU and OpenSSL 1.1,
which the environment names (the judge sets it). All of it is past its end of life: for tests only.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import wire  # type: ignore[import-not-found]

NAMES = (
    "Microsoft.SqlServer.TransactSql.ScriptDom",
    "Microsoft.Data.Tools.Schema.Sql",
    "Microsoft.SqlServer.Dac",
    "Microsoft.SqlServer.Dac.Extensions",
)


def start_runtime(folder: Path) -> None:
    """Load the runtime and the assemblies into this process."""
    import dotnetcore2  # type: ignore[import-not-found]
    from clr_loader import get_coreclr  # type: ignore[import-not-found]
    from pythonnet import set_runtime  # type: ignore[import-not-found]

    options = {"tfm": "netcoreapp3.1", "framework": {"name": "Microsoft.NETCore.App", "version": "3.1.0"}}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as config:
        json.dump({"runtimeOptions": options}, config)
        config.flush()
        root = Path(dotnetcore2.__file__).parent / "bin"
        set_runtime(get_coreclr(runtime_config=config.name, dotnet_root=root))
        import clr  # type: ignore[import-not-found]
    import System  # type: ignore[import-not-found]

    def resolve(_: Any, wanted: Any) -> Any:
        path = folder / (str(wanted.Name).split(",")[0] + ".dll")
        return System.Reflection.Assembly.LoadFrom(str(path)) if path.exists() else None

    sys.path.append(str(folder))
    System.AppDomain.CurrentDomain.AssemblyResolve += System.ResolveEventHandler(resolve)
    for name in NAMES:
        clr.AddReference(str(folder / f"{name}.dll"))


class Parser:
    """Parses, binds against the tables of the last load, and lists what a statement calls."""

    def __init__(self) -> None:
        self._model: Any = None
        self.load([])

    def load(self, tables: list[str]) -> None:
        """Hold these CREATE TABLE statements."""
        from Microsoft.SqlServer.Dac.Model import (  # type: ignore[import-not-found]
            SqlServerVersion,
            TSqlModel,
            TSqlModelOptions,
        )

        if self._model is not None:
            self._model.Dispose()
        self._model = TSqlModel(SqlServerVersion.Sql150, TSqlModelOptions())
        for statement in tables:
            self._parsed(statement)
            self._model.AddObjects(statement)

    def analyse(self, sql: str, bind: bool = True) -> None:
        """Reject what does not parse, and names that no table has."""
        self._parsed(sql)
        if bind and (errors := self._bind(sql)):
            raise wire.Rejected("\n".join(errors))

    def functions(self, sql: str) -> list[str]:
        """Names of the functions called, in upper case; CAST, COALESCE and their like are grammar, not calls."""
        import Microsoft.SqlServer.TransactSql.ScriptDom as Dom  # type: ignore[import-not-found]

        calls = (node for node in fragments(self._parsed(sql)) if isinstance(node, Dom.FunctionCall))
        return sorted({str(node.FunctionName.Value).upper() for node in calls})

    def tree(self, sql: str) -> Any:
        """The statement as Microsoft's parser reads it: for each node its class under `kind`, and what it holds."""
        return _told(self._parsed(sql), {})

    def _parsed(self, sql: str) -> Any:
        import Microsoft.SqlServer.TransactSql.ScriptDom as Dom
        from System.IO import StringReader  # type: ignore[import-not-found]

        tree, errors = Dom.TSql150Parser(True).Parse(StringReader(sql), None)
        if errors:
            told = [f"{error.Line}:{error.Column} {error.Message}" for error in errors]
            if told:
                raise wire.Rejected("\n".join(told))
        return tree

    def _bind(self, sql: str) -> list[str]:
        """The statement as a procedure: a query may have ORDER BY there, which a view may not."""
        from Microsoft.SqlServer.Dac.Model import TSqlObjectOptions

        try:
            self._model.AddOrUpdateObjects("CREATE PROCEDURE dbo.bound AS " + sql, "bound.sql", TSqlObjectOptions())
            told = [f"{message.Prefix}{message.Number} {message.Message}" for message in self._model.Validate()]
        except Exception as error:  # a .NET exception: DacFx does not read the statement
            return [str(error).splitlines()[0]]
        return list(dict.fromkeys(told))


def fragments(node: Any) -> Iterator[Any]:
    """A node of the tree and all below it."""
    import Microsoft.SqlServer.TransactSql.ScriptDom as Dom
    from System.Collections import IEnumerable  # type: ignore[import-not-found]

    yield node
    for told in node.GetType().GetProperties():
        if told.GetIndexParameters().Length or told.Name == "ScriptTokenStream":
            continue
        value = told.GetValue(node, None)
        if isinstance(value, Dom.TSqlFragment):
            yield from fragments(value)
        elif isinstance(value, IEnumerable) and not isinstance(value, str):
            for item in value:
                if isinstance(item, Dom.TSqlFragment):
                    yield from fragments(item)


_PLACES = frozenset(
    "ScriptTokenStream StartOffset FragmentLength StartLine StartColumn FirstTokenIndex LastTokenIndex".split()
)


def _told(value: Any, known: dict[str, list[Any]]) -> Any:
    """A fragment as plain values; `known` remembers the properties of each class."""
    import Microsoft.SqlServer.TransactSql.ScriptDom as Dom
    from System.Collections import IEnumerable

    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Dom.TSqlFragment):
        kind = value.GetType()
        name = str(kind.Name)
        if name not in known:
            told = [p for p in kind.GetProperties() if not p.GetIndexParameters().Length and str(p.Name) not in _PLACES]
            known[name] = [(str(p.Name), p) for p in told]
        held = {key: _told(p.GetValue(value, None), known) for key, p in known[name]}
        return {"kind": name, **{key: each for key, each in held.items() if each not in (None, [])}}
    if isinstance(value, IEnumerable):
        return [_told(each, known) for each in value]
    return str(value)


def main() -> None:
    start_runtime(Path(sys.argv[1]))
    parser = Parser()
    parser.analyse("SELECT 1 AS a", bind=False)
    wire.serve({"load": parser.load, "analyse": parser.analyse, "functions": parser.functions, "tree": parser.tree})


if __name__ == "__main__":
    main()
