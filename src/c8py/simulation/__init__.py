"""A crowd of processes behind one address, in virtual time: what each way of getting tokens costs.

Drives the product's own decisions against a model of the limiter. Opens no socket; only `c8 auth simulate` calls it.
"""

from c8py.simulation.crowd import Simulated, simulate
from c8py.simulation.picture import draw, duration
from c8py.simulation.scenario import POLICIES, Outcome, Policy, Scenario
from c8py.simulation.service import Diary

__all__ = ["POLICIES", "Diary", "Outcome", "Policy", "Scenario", "Simulated", "draw", "duration", "simulate"]
