"""Microsoft's library of tabular models reads TMDL: python tom.py FOLDER_OF_ASSEMBLIES FOLDER_OF_MODEL; prints JSON.

It runs in .NET Core 3.1, as the judge of Synapse does (tests/oracles/workers/scriptdom.py).
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

ASSEMBLIES = ("Core", "", "Tabular.Json", "Tabular")


def _serializer(folder: Path) -> Any:
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
    for name in ASSEMBLIES:
        clr.AddReference(str(folder / f"Microsoft.AnalysisServices{'.' if name else ''}{name}.dll"))
    from Microsoft.AnalysisServices.Tabular import TmdlSerializer  # type: ignore[import-not-found]

    return TmdlSerializer


def _table(table: Any) -> dict[str, Any]:
    return {
        "name": table.Name,
        "columns": {each.Name: str(each.DataType) for each in table.Columns},
        "partitions": [each.Name for each in table.Partitions],
        "measures": {
            each.Name: {
                "expression": each.Expression,
                "description": each.Description,
                "annotations": {note.Name: note.Value for note in each.Annotations},
            }
            for each in table.Measures
        },
    }


model = _serializer(Path(sys.argv[1]).absolute()).DeserializeModelFromFolder(sys.argv[2])
print(json.dumps([_table(each) for each in model.Tables]))
