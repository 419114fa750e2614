"""The APIs of Camunda 8, the audiences that their tokens carry, and the scopes that a client needs for them.

Tables and nothing else; the facts are Camunda's.
"""

from collections.abc import Container
from typing import Final, Literal

import msgspec

Api = Literal["zeebe", "operate", "tasklist", "optimize", "secrets", "console"]


class ApiFacts(msgspec.Struct, frozen=True):
    """What an API asks of a token.

    Attributes:
        audience: the one that SaaS uses.
        other_audiences: what Self-Managed installations use, and what older clients send.
        scope: what a cluster's client must have; "" for the API of the organization.
        permission: what a client of the organization must have; "" where no client of it gets a token.
    """

    audience: str
    other_audiences: tuple[str, ...]
    scope: str
    permission: str = ""


API_FACTS: Final[dict[Api, ApiFacts]] = {
    # On Camunda's page on REST authentication a client of the organization, with permissions for Zeebe, calls clusters.
    # That widens nothing: who may make clients with the scope Zeebe can reach every cluster anyway.
    "zeebe": ApiFacts("zeebe.camunda.io", ("zeebe-api", "orchestration-api"), "Zeebe", "create:zeebe-client"),
    "operate": ApiFacts("operate.camunda.io", ("operate-api",), "Operate"),
    "tasklist": ApiFacts("tasklist.camunda.io", ("tasklist-api",), "Tasklist"),
    "optimize": ApiFacts("optimize.camunda.io", ("optimize-api",), "Optimize"),
    "secrets": ApiFacts("secrets.camunda.io", (), "Secrets"),
    "console": ApiFacts("api.cloud.camunda.io", (), ""),
}

# In the order that Camunda's API lists them.
CLUSTER_SCOPES: Final = ("Zeebe", "Operate", "Tasklist", "Optimize", "Secrets")

# What a client of the organization can be allowed: the name that Console shows, and the resource in permissions.
ORGANIZATION_GROUPS: Final[dict[str, str]] = {
    "Cluster": "cluster",
    "Zeebe Client": "zeebe-client",
    "Web Modeler API": "web-modeler-api",
    "IP Allowlist": "ip-allowlist",
    "Connector Secrets": "connector-secrets",
    "Members": "members",
    "Backups": "backups",
    "Monitoring": "monitoring",
    "Secure Connectivity": "secure-connectivity",
    "Activity": "activity",
}
_VERBS: Final = ("create", "read", "update", "delete")


def organization_permissions() -> tuple[str, ...]:
    """Every permission that a client of the organization can have, as "verb:resource"."""
    return tuple(f"{verb}:{resource}" for resource in ORGANIZATION_GROUPS.values() for verb in _VERBS)


def api_of_audience(audience: str, cluster_id: str | None) -> Api | None:
    """The API that tokens of this audience are for.

    Args:
        audience: as a client sends it.
        cluster_id: the client's cluster; old clients put it in front of zeebe.camunda.io.
    """
    for api, facts in API_FACTS.items():
        if audience == facts.audience:
            return api
    return "zeebe" if cluster_id is not None and audience == f"{cluster_id}.zeebe.camunda.io" else None


def audiences_of(api: Api, cluster_id: str | None) -> frozenset[str]:
    """The audiences that this API accepts in a token."""
    facts = API_FACTS[api]
    old = (f"{cluster_id}.zeebe.camunda.io",) if api == "zeebe" and cluster_id is not None else ()
    return frozenset((facts.audience, *facts.other_audiences, *old))


def may_call(api: Api, cluster_id: str | None, permissions: Container[str]) -> bool:
    """Whether a client may have tokens for the API.

    Args:
        api: what is to be called.
        cluster_id: the client's cluster; None for a client of the organization.
        permissions: scopes of a cluster's client, permissions of the organization's.
    """
    facts = API_FACTS[api]
    if cluster_id is not None:
        return facts.scope in permissions
    return facts.scope == "" or facts.permission in permissions
