"""Both parsers that may be there: libyaml's, and pyyaml's own where no C extension could be installed."""

from __future__ import annotations

import pytest
import yaml

from kpictl.syntax import reader


@pytest.fixture(params=["libyaml", "pyyaml"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Reads with one of the two parsers."""
    name: str = request.param
    if name == "libyaml":
        pytest.importorskip("yaml._yaml")
    else:
        monkeypatch.setattr(reader, "_events", lambda text: yaml.SafeLoader(text).get_event)
    return name
