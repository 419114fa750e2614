"""`c8 auth simulate`: what a crowd behind one address does to the token service, in virtual time."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from c8py.cli.options import FILE, json_option
from c8py.cli.output import print_json, print_rows, say

if TYPE_CHECKING:
    from c8py.simulation import Outcome

# The names of `simulation.POLICIES`, which is not imported for the help of other verbs.
POLICY_NAMES: Final = ("every-second", "exponential", "c8py", "c8py-spread", "proxy")
_COLUMNS: Final = ("POLICY", "REQUESTS", "REFUSED", "BLOCKS", "READY", "HALF READY AFTER", "ALL READY AFTER", "A DAY")


@click.command("simulate")
@click.option("--hosts", type=int, default=200, show_default=True, help="Hosts that share one outgoing address.")
@click.option("--processes", type=int, default=1, show_default=True, help="Processes on each host.")
@click.option("--credentials", type=int, default=1, show_default=True, help="Different ones on each host.")
@click.option("--policy", "policies", multiple=True, type=click.Choice(POLICY_NAMES), help="Only this one; repeatable.")
@click.option("--start-window", "start_window_s", type=float, default=1.0, show_default=True, help="All start in it.")
@click.option("--start-spread", "start_spread_s", type=float, help="Of c8py-spread; by default 1.25 s a host.")
@click.option("--rate", "rate_per_s", type=float, default=1.0, show_default=True, help="Requests a second for ever.")
@click.option("--burst", type=int, default=5, show_default=True, help="Requests at once before the rate counts.")
@click.option("--block-after", type=int, default=20, show_default=True, help="Refusals that block the address.")
@click.option("--block-window", "block_window_s", type=float, default=60.0, show_default=True, help="Counted in it.")
@click.option("--block", "block_s", type=float, default=60.0, show_default=True, help="For so long; 0: never.")
@click.option("--block-extends", is_flag=True, help="Requests during a block begin it anew.")
@click.option("--retry-after/--no-retry-after", default=True, show_default=True, help="Refusals say how long to wait.")
@click.option("--answer", "answer_s", type=float, default=0.15, show_default=True, help="From request to answer.")
@click.option("--token-lifetime", "token_lifetime_s", type=float, default=86_400.0, show_default=True)
@click.option("--horizon", "horizon_s", type=float, default=7200.0, show_default=True, help="Then it has failed.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of all randomness.")
@click.option("--plot", type=FILE, metavar="FILE", help="Draw it, too: an SVG file.")
@json_option
def simulate(*, policies: tuple[str, ...], plot: Path | None, as_json: bool, **numbers: object) -> None:
    """Simulate many processes that start behind one address, and the token service's limit.

    Compares ways of getting a token: every process alone, hosts that share as c8py does, with a start spread, and with
    one `c8 auth serve` for all. Nothing is sent anywhere; all times are virtual, in seconds.
    """
    import msgspec  # noqa: PLC0415  help needs none of it

    from c8py.simulation import POLICIES, Scenario, draw  # noqa: PLC0415
    from c8py.simulation import simulate as run  # noqa: PLC0415

    scenario = Scenario(**numbers)  # pyright: ignore[reportArgumentType]  click has checked them
    simulated = [run(scenario, policy) for policy in POLICIES if not policies or policy in policies]
    outcomes = [one.outcome for one in simulated]
    if plot is not None:
        plot.write_text(draw(scenario, simulated), encoding="utf-8")
        say(f"drawn in {plot}")
    if as_json:
        print_json({"scenario": msgspec.to_builtins(scenario), "outcomes": msgspec.to_builtins(outcomes)})
        return
    print_rows(_COLUMNS, [_row(one) for one in outcomes], nothing="")
    if any(one.policy == "c8py-spread" for one in outcomes):
        say(f"c8py-spread: CAMUNDA_TOKEN_START_SPREAD={scenario.spread_s:g} on every host")


def _row(outcome: "Outcome") -> tuple[object, ...]:
    from c8py.simulation import duration  # noqa: PLC0415

    return (
        outcome.policy,
        outcome.requests,
        outcome.refusals,
        outcome.blocks,
        f"{outcome.ready} of {outcome.processes}",
        "never" if outcome.half_ready_s is None else duration(outcome.half_ready_s),
        "never" if outcome.ready_s is None else duration(outcome.ready_s),
        "" if outcome.requests_per_day is None else round(outcome.requests_per_day),
    )
