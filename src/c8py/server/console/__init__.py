"""Console: the organization's clusters and their API clients, for programs and for people.

One service over the store, two faces: the Administration API (JSON, token of the organization) and web pages (forms,
this machine only). Owns the format of credentials files. Called by app, which mounts its routes.
"""

from c8py.server.console._api import api_routes
from c8py.server.console._credentials import (
    FILE_VERSIONS,
    FileVersion,
    credentials_file_name,
    credentials_text,
    organization_credentials_text,
)
from c8py.server.console._first_start import ensure_cluster, ensure_credentials
from c8py.server.console._guard import Guard
from c8py.server.console._ids import Ids, RandomIds
from c8py.server.console._kinds import (
    Backups,
    ClusterState,
    KeepsBackups,
    KindRefused,
    Kinds,
    Place,
    Release,
    RunsClusters,
)
from c8py.server.console._pages import page_routes
from c8py.server.console._problems import problem
from c8py.server.console._service import ConsoleService, Created, Refused

__all__ = [
    "FILE_VERSIONS",
    "Backups",
    "ClusterState",
    "ConsoleService",
    "Created",
    "FileVersion",
    "Guard",
    "Ids",
    "KeepsBackups",
    "KindRefused",
    "Kinds",
    "Place",
    "RandomIds",
    "Refused",
    "Release",
    "RunsClusters",
    "api_routes",
    "credentials_file_name",
    "credentials_text",
    "ensure_cluster",
    "ensure_credentials",
    "organization_credentials_text",
    "page_routes",
    "problem",
]
