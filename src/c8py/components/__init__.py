"""What the APIs beside the cluster have in common: an address, credentials of their own, an operation asked and read.

Used by `console`, `modeler`, `optimize`, `operate` and `tasklist`, and by who calls one of them by method and path.
"""

from c8py.components._async.api import AsyncApi
from c8py.components._async.component import AsyncComponent
from c8py.components._sync.api import Api
from c8py.components._sync.component import Component
from c8py.components.bodies import given, orders
from c8py.components.places import PLACES, Place

__all__ = [
    "PLACES",
    "Api",
    "AsyncApi",
    "AsyncComponent",
    "Component",
    "Place",
    "given",
    "orders",
]
