"""Clusters of real Zeebe brokers: plans them, fetches their program, watches their processes, copies their data.

Knows nothing of tokens but whose the brokers shall take, and nothing of who may ask for what. Called by app.
"""

from c8py.server.brokers.cluster import Member, Status, ZeebeCluster
from c8py.server.brokers.copies import Backup
from c8py.server.brokers.fleet import Fleet, Machine
from c8py.server.brokers.plan import VERSION_DEFAULT, Plan, ServerTls, Shape, Trust
from c8py.server.brokers.site import Site
from c8py.server.brokers.trust_store import PASSWORD, write_trust_store

__all__ = [
    "PASSWORD",
    "VERSION_DEFAULT",
    "Backup",
    "Fleet",
    "Machine",
    "Member",
    "Plan",
    "ServerTls",
    "Shape",
    "Site",
    "Status",
    "Trust",
    "ZeebeCluster",
    "write_trust_store",
]
