"""What all tests share: the judges (`tests/oracles`)."""

pytest_plugins = ["tests.oracles.plugin"]
