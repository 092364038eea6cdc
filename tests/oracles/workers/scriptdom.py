"""Microsoft's T-SQL parser and name binding: python scriptdom.py FOLDER_OF_ASSEMBLIES.

.NET Core 3.1 (dotnetcore2) runs ScriptDom 15.0.4451.1 and DacFx, through pythonnet. DacFx needs ICU and OpenSSL 1.1,
which the environment names (the judge sets it). All of it is past its end of life: for tests only.
"""

from __future__ import annotations

import json
import re
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

    def __init__(self, write: Writer) -> None:
        self._model: Any = None
        self._write = write
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
        if bind:
            self._reject(self._bind(sql))

    def functions(self, sql: str) -> list[str]:
        """Names of the functions called, in upper case; CAST, COALESCE and their like are grammar, not calls."""
        import Microsoft.SqlServer.TransactSql.ScriptDom as Dom  # type: ignore[import-not-found]

        calls = (node for node in fragments(self._parsed(sql)) if isinstance(node, Dom.FunctionCall))
        return sorted({str(node.FunctionName.Value).upper() for node in calls})

    def read(self, sql: str) -> str:
        """Like `analyse`; and the statement as JSON, as Microsoft's parser reads it."""
        tree = self._parsed(sql)
        self._reject(self._bind(sql))
        return self._write(tree)

    def _parsed(self, sql: str) -> Any:
        import Microsoft.SqlServer.TransactSql.ScriptDom as Dom
        from System.IO import StringReader  # type: ignore[import-not-found]

        tree, errors = Dom.TSql150Parser(True).Parse(StringReader(sql), None)
        if errors:
            told = [f"{error.Line}:{error.Column} {error.Message}" for error in errors]
            if told:
                raise wire.Rejected("\n".join(told))
        return tree

    @staticmethod
    def _reject(errors: list[str]) -> None:
        if errors:
            raise wire.Rejected("\n".join(errors))

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


_TYPE = re.compile(r'"\$type":"([^"]+)"')
_PLACES = frozenset(
    "ScriptTokenStream StartOffset FragmentLength StartLine StartColumn FirstTokenIndex LastTokenIndex".split()
)


class Writer:
    """Fragments as JSON, by .NET itself: Python asks it for a property in 10 us, and a statement holds thousands of them."""

    def __init__(self, folder: Path) -> None:
        import clr
        import Microsoft.SqlServer.TransactSql.ScriptDom as Dom

        clr.AddReference(str(folder / "Newtonsoft.Json.dll"))
        from Newtonsoft.Json import (  # type: ignore[import-not-found]
            JsonConvert,
            JsonSerializerSettings,
            NullValueHandling,
            TypeNameHandling,
        )
        from Newtonsoft.Json.Converters import StringEnumConverter  # type: ignore[import-not-found]
        from Newtonsoft.Json.Serialization import DefaultContractResolver  # type: ignore[import-not-found]

        self._type = clr.GetClrType(Dom.TSqlFragment).Assembly.GetType
        self._write = JsonConvert.SerializeObject
        self._known: set[str] = set()
        self._resolver = DefaultContractResolver()
        self._settings = JsonSerializerSettings()
        self._settings.ContractResolver = self._resolver
        self._settings.TypeNameHandling = TypeNameHandling.Objects
        self._settings.NullValueHandling = NullValueHandling.Ignore
        self._settings.Converters.Add(StringEnumConverter())

    def __call__(self, tree: Any) -> str:
        """With `$type` first in each fragment; without what only tells its place in the text."""
        found: str = self._write(tree, self._settings)
        if new := {name for name in _TYPE.findall(found) if name not in self._known}:
            for name in new:
                self._leave_places_out(name)
            self._known |= new
            return self(tree)
        return found

    def _leave_places_out(self, name: str) -> None:
        for each in self._resolver.ResolveContract(self._type(name.partition(",")[0])).Properties:
            each.Ignored = each.Ignored or str(each.PropertyName) in _PLACES


def main() -> None:
    folder = Path(sys.argv[1])
    start_runtime(folder)
    parser = Parser(Writer(folder))
    parser.analyse("SELECT 1 AS a", bind=False)
    wire.serve({"load": parser.load, "analyse": parser.analyse, "functions": parser.functions, "read": parser.read})


if __name__ == "__main__":
    main()
