"""The platform as a whole: puts the rooms together, opens the ports, and closes them.

Called by `c8 up`, the quickstart and tests. Owns the event loop's servers and the data folder's life; knows no
protocol of its own but /health.
"""

from c8py.server.app._platform import Platform
from c8py.server.app._proof import JoinToken
from c8py.server.app._visit import Joined, Visit, Visitor

__all__ = ["JoinToken", "Joined", "Platform", "Visit", "Visitor"]
