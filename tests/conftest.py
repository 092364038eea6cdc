"""What all tests share: the judges (`tests/oracles`), and commands in forks (`tests/faults/forks`)."""

pytest_plugins = ["tests.oracles.plugin", "tests.faults.forks"]
