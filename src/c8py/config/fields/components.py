"""Settings of the APIs beside the cluster, each with its address and audience; a part of the table in `fields`."""

from typing import Final

from c8py.base.redact import Secret
from c8py.config import addresses
from c8py.config.fields.field import Field


def _same_url(left: str, right: str) -> bool:
    return left.rstrip("/") == right.rstrip("/")


ROWS: Final = (
    Field(
        "console_base_url",
        ("CAMUNDA_CONSOLE_BASE_URL", "CAMUNDA_MANAGEMENT_API_BASE_URL", "ADMINISTRATION_API_URL"),
        addresses.web_url,
        same=_same_url,
    ),
    Field(
        "console_client_id",
        ("CAMUNDA_CONSOLE_CLIENT_ID", "CAMUNDA_MANAGEMENT_API_CLIENT_ID", "ADMINISTRATION_CLIENT_ID"),
    ),
    Field(
        "console_client_secret",
        ("CAMUNDA_CONSOLE_CLIENT_SECRET", "CAMUNDA_MANAGEMENT_API_CLIENT_SECRET", "ADMINISTRATION_CLIENT_SECRET"),
        Secret,
        secret=True,
    ),
    Field(
        "console_audience",
        ("CAMUNDA_CONSOLE_OAUTH_AUDIENCE", "CAMUNDA_MANAGEMENT_API_OAUTH_AUDIENCE", "ADMINISTRATION_AUDIENCE"),
        default=addresses.SAAS_CONSOLE_AUDIENCE,
    ),
    Field("operate_base_url", ("CAMUNDA_OPERATE_BASE_URL",), addresses.component_url, same=_same_url),
    Field("operate_audience", ("CAMUNDA_OPERATE_OAUTH_AUDIENCE",), default="operate.camunda.io"),
    Field("tasklist_base_url", ("CAMUNDA_TASKLIST_BASE_URL",), addresses.component_url, same=_same_url),
    Field("tasklist_audience", ("CAMUNDA_TASKLIST_OAUTH_AUDIENCE",), default="tasklist.camunda.io"),
    Field("optimize_base_url", ("CAMUNDA_OPTIMIZE_BASE_URL",), addresses.component_url, same=_same_url),
    Field("optimize_audience", ("CAMUNDA_OPTIMIZE_OAUTH_AUDIENCE",), default="optimize.camunda.io"),
    Field("modeler_base_url", ("CAMUNDA_MODELER_BASE_URL",), addresses.component_url, same=_same_url),
    Field("modeler_audience", ("CAMUNDA_MODELER_OAUTH_AUDIENCE",), default=""),
    # Connectors in hybrid mode have it built in; nobody has a name for it.
    Field("secrets_audience", default="secrets.camunda.io"),
)
