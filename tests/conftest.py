"""What all tests share: the judges (`tests/oracles`), commands in forks (`tests/faults/forks`) and their summary."""

pytest_plugins = ["tests.summary", "tests.oracles.plugin", "tests.faults.forks"]
