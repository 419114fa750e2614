"""The platform's figures in the text format of Prometheus. Pure but for what it asks; no names of people or secrets."""

from collections.abc import Iterator
from typing import Final, get_args

from c8py.server.console import ClusterState, ConsoleService

_STATES: Final = get_args(ClusterState)


def metrics_text(service: ConsoleService) -> str:
    """How the clusters are, and how many clients they have."""
    return "\n".join(_lines(service)) + "\n"


def _lines(service: ConsoleService) -> Iterator[str]:
    clusters = service.clusters()
    yield "# HELP c8_cluster_state 1 for the state that a cluster is in, 0 for the others."
    yield "# TYPE c8_cluster_state gauge"
    for cluster in clusters:
        state, whose = service.status(cluster), f'cluster="{cluster.cluster_id}",kind="{cluster.kind}"'
        for one in _STATES:
            yield f'c8_cluster_state{{{whose},state="{one}"}} {int(one == state)}'
    yield "# HELP c8_cluster_clients API clients of a cluster."
    yield "# TYPE c8_cluster_clients gauge"
    for cluster in clusters:
        yield f'c8_cluster_clients{{cluster="{cluster.cluster_id}"}} {len(service.clients(cluster))}'
