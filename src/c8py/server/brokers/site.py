"""What a cluster of brokers is given by machine and platform, and what it leaves behind for the next platform."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from c8py.server.brokers.distribution import Progress
from c8py.server.brokers.hearsay import Hearsay
from c8py.server.brokers.plan import BrokerPlan, Plan, ServerTls, Shape, Trust
from c8py.server.brokers.probes import Sight, look_at
from c8py.server.brokers.supervision import POLICY, Policy

FILE_NAME: Final = "cluster.json"


def _open(_cluster_id: str) -> str:
    return ""


class Programs(msgspec.Struct, frozen=True, kw_only=True):
    """What a broker of one version is run with.

    Attributes:
        java: the program.
        home: the distribution.
        main: the class that starts a broker.
    """

    java: Path
    home: Path
    main: str


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """What the machine and the platform give to all clusters.

    Attributes:
        programs: fetches and finds what brokers of a shape are run with; blocks.
        trust: whose tokens a cluster of this id takes; None lets everybody in.
        tls: what brokers show to clients.
        policy: how patient the supervision is.
        look: asks a broker how it is; blocks.
        trust_afar: whose tokens a cluster takes, in words that hold on another host; None is as here.
        hearsay: what joined hosts say; None where none can join.
        shut: why clients cannot reach a cluster of this id; "" where they can.
    """

    programs: Callable[[Shape, Progress], Programs]
    trust: Callable[[str], Trust | None]
    tls: ServerTls | None = None
    policy: Policy = POLICY
    look: Callable[[BrokerPlan], Sight] = look_at
    trust_afar: Callable[[str], Trust | None] | None = None
    hearsay: Hearsay | None = None
    shut: Callable[[str], str] = _open


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the cluster's file.

    Attributes:
        plan: its shape and addresses.
        suspended: whether its brokers shall rest.
        has_been_ready: whether it has ever done work: before that it is being created.
    """

    plan: Plan
    suspended: bool = False
    has_been_ready: bool = False
