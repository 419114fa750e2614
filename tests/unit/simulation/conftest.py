"""Scenarios small enough to be run in a moment."""

from collections.abc import Callable

import pytest

from c8py.simulation import Outcome, Policy, Scenario, simulate


@pytest.fixture
def outcome() -> Callable[..., Outcome]:
    """What comes of a policy; numbers as those of `Scenario`."""

    def run(policy: Policy, **numbers: object) -> Outcome:
        return simulate(Scenario(**{"hosts": 1, **numbers}), policy).outcome  # pyright: ignore[reportArgumentType]

    return run
