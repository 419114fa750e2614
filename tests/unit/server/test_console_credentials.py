"""The credentials file, name by name."""

import re
import shlex

import pytest

from c8py.base.redact import Secret
from c8py.server.access import CLUSTER_SCOPES
from c8py.server.addresses import Addresses
from c8py.server.console import (
    FILE_VERSIONS,
    Place,
    RandomIds,
    credentials_file_name,
    credentials_text,
    organization_credentials_text,
)
from c8py.server.store import Cluster

CLUSTER = Cluster(cluster_id="c-1", org_id="o-1", name="n", region="local-1", generation="8.9", created_ms=0)
PLACE = Place(grpc_address="127.0.0.1:26500", rest_address="http://127.0.0.1:8080")
ADDRESSES = Addresses(
    pid=1,
    http_address="http://127.0.0.1:8080",
    grpc_address="127.0.0.1:26500",
    rest_address="http://127.0.0.1:8080",
    oauth_url="http://127.0.0.1:8080/oauth/token",
    console_url="http://127.0.0.1:8080/console",
    console_api_url="http://127.0.0.1:8080/console-api",
    cluster_id="c-1",
    region="local-1",
    org_id="o-1",
    credentials_file="",
    console_credentials_file="",
)

OLDEST = """\
export ZEEBE_ADDRESS='127.0.0.1:26500'
export ZEEBE_CLIENT_ID='an~id'
export ZEEBE_CLIENT_SECRET='a.secret'
export ZEEBE_AUTHORIZATION_SERVER_URL='http://127.0.0.1:8080/oauth/token'
export ZEEBE_TOKEN_AUDIENCE='zeebe.camunda.io'
export CAMUNDA_CLUSTER_ID='c-1'
export CAMUNDA_CLUSTER_REGION='local-1'
export CAMUNDA_CREDENTIALS_SCOPES='Zeebe,Tasklist,Operate,Optimize'
export CAMUNDA_TASKLIST_BASE_URL='http://127.0.0.1:8080/tasklist'
export CAMUNDA_OPTIMIZE_BASE_URL='http://127.0.0.1:8080/optimize'
export CAMUNDA_OPERATE_BASE_URL='http://127.0.0.1:8080/operate'
export CAMUNDA_OAUTH_URL='http://127.0.0.1:8080/oauth/token'
"""
MIDDLE = """\
export ZEEBE_ADDRESS='127.0.0.1:26500'
export ZEEBE_CLIENT_ID='an~id'
export ZEEBE_CLIENT_SECRET='a.secret'
export ZEEBE_AUTHORIZATION_SERVER_URL='http://127.0.0.1:8080/oauth/token'
export ZEEBE_REST_ADDRESS='http://127.0.0.1:8080'
export ZEEBE_GRPC_ADDRESS='grpc://127.0.0.1:26500'
export ZEEBE_TOKEN_AUDIENCE='zeebe.camunda.io'
export CAMUNDA_CLUSTER_ID='c-1'
export CAMUNDA_CLUSTER_REGION='local-1'
export CAMUNDA_CREDENTIALS_SCOPES='Zeebe'
export CAMUNDA_OAUTH_URL='http://127.0.0.1:8080/oauth/token'
"""
NEWEST = """\
export ZEEBE_ADDRESS='127.0.0.1:26500'
export ZEEBE_CLIENT_ID='an~id'
export ZEEBE_CLIENT_SECRET='a.secret'
export ZEEBE_AUTHORIZATION_SERVER_URL='http://127.0.0.1:8080/oauth/token'
export ZEEBE_REST_ADDRESS='http://127.0.0.1:8080'
export ZEEBE_GRPC_ADDRESS='grpc://127.0.0.1:26500'
export ZEEBE_TOKEN_AUDIENCE='zeebe.camunda.io'
export CAMUNDA_CLUSTER_ID='c-1'
export CAMUNDA_CLIENT_ID='an~id'
export CAMUNDA_CLIENT_SECRET='a.secret'
export CAMUNDA_CLUSTER_REGION='local-1'
export CAMUNDA_CREDENTIALS_SCOPES='Zeebe'
export CAMUNDA_OAUTH_URL='http://127.0.0.1:8080/oauth/token'
export CAMUNDA_CLIENT_MODE='self-managed'
export CAMUNDA_CLIENT_AUTH_CLIENTID='an~id'
export CAMUNDA_CLIENT_AUTH_CLIENTSECRET='a.secret'
export CAMUNDA_CLIENT_CLOUD_CLUSTERID='c-1'
export CAMUNDA_CLIENT_CLOUD_REGION='local-1'
"""


@pytest.mark.parametrize(
    ("version", "scopes", "expected"),
    [
        ("8.5", ("Operate", "Zeebe", "Optimize", "Tasklist"), OLDEST),
        ("8.6", ("Zeebe",), MIDDLE),
        ("8.8", ("Zeebe",), NEWEST),
    ],
)
def test_the_file_is_written_as_console_writes_it(version, scopes, expected):
    text = credentials_text(
        ADDRESSES,
        cluster=CLUSTER,
        place=PLACE,
        client_id="an~id",
        secret=Secret("a.secret"),
        scopes=scopes,
        version=version,
    )
    assert text == expected


def test_all_scopes_are_in_consoles_order():
    text = credentials_text(
        ADDRESSES, cluster=CLUSTER, place=PLACE, client_id="i", secret=Secret("s"), scopes=CLUSTER_SCOPES
    )
    assert "export CAMUNDA_CREDENTIALS_SCOPES='Zeebe,Tasklist,Operate,Optimize,Secrets'\n" in text


def test_the_organizations_file_is_written_as_console_writes_it():
    assert organization_credentials_text(ADDRESSES, client_id="an~id", secret=Secret("a.secret")) == (
        "export CAMUNDA_CONSOLE_CLIENT_ID='an~id'\n"
        "export CAMUNDA_CONSOLE_CLIENT_SECRET='a.secret'\n"
        "export CAMUNDA_OAUTH_URL='http://127.0.0.1:8080/oauth/token'\n"
        "export CAMUNDA_CONSOLE_BASE_URL='http://127.0.0.1:8080/console-api'\n"
        "export CAMUNDA_CONSOLE_OAUTH_AUDIENCE='api.cloud.camunda.io'\n"
    )


@pytest.mark.parametrize("version", FILE_VERSIONS)
def test_a_shell_reads_the_values_that_were_meant(version):
    ids = RandomIds()
    client_id, secret = ids.client_id(), ids.secret()
    text = credentials_text(
        ADDRESSES,
        cluster=CLUSTER,
        place=PLACE,
        client_id=client_id,
        secret=Secret(secret),
        scopes=CLUSTER_SCOPES,
        version=version,
    )
    values = dict(line.split("=", 1) for line in shlex.split(text) if line != "export")
    assert (values["ZEEBE_CLIENT_ID"], values["ZEEBE_CLIENT_SECRET"]) == (client_id, secret)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("order-service", "order-service"),
        ("My Client 2.0", "My Client 2.0"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ('a"\r\nset-cookie: x', "a___set-cookie_ x"),
        ("größe", "gr__e"),
    ],
)
def test_a_file_name_cannot_leave_its_folder_or_its_header(name, expected):
    assert credentials_file_name(name) == f"CamundaCloudMgmtAPI-Client-{expected}.txt"


def test_ids_and_secrets_have_the_shape_of_saas():
    ids = RandomIds()
    for _ in range(50):
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9._~-]{31}", ids.client_id())
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9._~-]{63}", ids.secret())
