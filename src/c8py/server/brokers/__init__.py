"""Clusters of real Zeebe brokers: plans them, fetches their program, watches their processes, copies their data.

Knows nothing of tokens but whose the brokers shall take, and nothing of who may ask for what. Called by app.
"""

from c8py.server.brokers.cluster import Member, Site, Status, ZeebeCluster
from c8py.server.brokers.copies import Backup
from c8py.server.brokers.fleet import Fleet, Machine
from c8py.server.brokers.plan import VERSION_DEFAULT, Plan, ServerTls, Shape, Trust

__all__ = [
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
]
