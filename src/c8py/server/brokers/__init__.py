"""Clusters of real Zeebe brokers: plans them, fetches their program, watches their processes, copies their data.

Knows nothing of tokens but whose the brokers shall take, and nothing of who may ask for what. Called by app.
"""

from c8py.server.brokers.cluster import Status, ZeebeCluster
from c8py.server.brokers.copies import Backup
from c8py.server.brokers.doors import Doors
from c8py.server.brokers.fleet import Fleet, Machine
from c8py.server.brokers.guest import Guest
from c8py.server.brokers.hearsay import Hearsay, Report, Word, Work
from c8py.server.brokers.member import Member
from c8py.server.brokers.options import check_java_options
from c8py.server.brokers.plan import VERSION_DEFAULT, Plan, ServerTls, Shape, Trust
from c8py.server.brokers.site import Site
from c8py.server.brokers.trust_store import PASSWORD, write_trust_store

__all__ = [
    "PASSWORD",
    "VERSION_DEFAULT",
    "Backup",
    "Doors",
    "Fleet",
    "Guest",
    "Hearsay",
    "Machine",
    "Member",
    "Plan",
    "Report",
    "ServerTls",
    "Shape",
    "Site",
    "Status",
    "Trust",
    "Word",
    "Work",
    "ZeebeCluster",
    "check_java_options",
    "write_trust_store",
]
