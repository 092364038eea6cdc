"""One module a command; `kpictl.cli.listing` names them."""
