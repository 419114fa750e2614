"""Where a running platform is. Made by app when it has started; told by `c8 up`, and written into credentials."""

import msgspec


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """Where a running platform is, and what it made for you; printed by `c8 up --json` field by field.

    Attributes:
        pid: its process.
        http_address: base of everything that speaks HTTP.
        grpc_address: host:port of the gateway.
        rest_address: base of the cluster's REST API, without /v2.
        oauth_url: where tokens are asked for.
        console_url: the web pages.
        console_api_url: base of the Administration API.
        cluster_id: of the first cluster.
        region: of the first cluster.
        org_id: of the organization.
        credentials_file: a ready-made client of the cluster with all scopes.
        console_credentials_file: a ready-made client of the organization with all permissions.
        owner_url: where the owner is made, once; "" when there is one.
    """

    pid: int
    http_address: str
    grpc_address: str
    rest_address: str
    oauth_url: str
    console_url: str
    console_api_url: str
    cluster_id: str
    region: str
    org_id: str
    credentials_file: str
    console_credentials_file: str
    owner_url: str = ""
