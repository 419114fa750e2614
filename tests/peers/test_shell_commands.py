"""The commands of the seed documents, verbatim but for the host, typed after sourcing the credentials file.

Camunda's manual has had them for years: people have them in their notes and scripts, and they must go on to work.
"""

import json
import re

import pytest

from harness.processes import ROOT

PROTO_FOLDER = ROOT / "src" / "c8py" / "proto"

# "Build your own client", first step: JSON.
TOKEN_BY_JSON = r"""
curl -s --request POST \
  --url ${ZEEBE_AUTHORIZATION_SERVER_URL} \
  --header 'content-type: application/json' \
  --data "{\"client_id\":\"${ZEEBE_CLIENT_ID}\",\"client_secret\":\"${ZEEBE_CLIENT_SECRET}\",\"audience\":\"zeebe.camunda.io\",\"grant_type\":\"client_credentials\"}"
"""  # noqa: E501 - verbatim
# The same, second step: the token alone, cut out with sed.
EXPORT_ACCESS_TOKEN = r"""
export ACCESS_TOKEN=$(curl -s --request POST \
  --url ${ZEEBE_AUTHORIZATION_SERVER_URL} \
  --header 'content-type: application/json' \
  --data "{\"client_id\":\"${ZEEBE_CLIENT_ID}\",\"client_secret\":\"${ZEEBE_CLIENT_SECRET}\",\"audience\":\"zeebe.camunda.io\",\"grant_type\":\"client_credentials\"}" | sed 's/.*access_token":"\([^"]*\)".*/\1/' )
"""  # noqa: E501 - verbatim
# "Authentication" of the REST API: form, and the call.
TOKEN_BY_FORM = r"""
curl -s --request POST "$ZEEBE_AUTHORIZATION_SERVER_URL" \
   --header "Content-Type: application/x-www-form-urlencoded" \
   --data-urlencode 'grant_type=client_credentials' \
   --data-urlencode 'audience=zeebe.camunda.io' \
   --data-urlencode "client_id=$ZEEBE_CLIENT_ID" \
   --data-urlencode "client_secret=$ZEEBE_CLIENT_SECRET"
"""
REST_TOPOLOGY = r"""
curl -s --header "Authorization: Bearer ${ACCESS_TOKEN}" \
     "$ZEEBE_REST_ADDRESS/v2/topology"
"""
# "Console API clients (REST)".
CONSOLE_TOKEN = r"""
curl -s --header "Content-Type: application/json" \
--request POST \
--data '{"grant_type":"client_credentials", "audience":"api.cloud.camunda.io", "client_id":"'$CAMUNDA_CONSOLE_CLIENT_ID'", "client_secret":"'$CAMUNDA_CONSOLE_CLIENT_SECRET'"}' \
"$CAMUNDA_OAUTH_URL"
"""  # noqa: E501 - verbatim


def test_a_token_is_had_with_json(shell):
    done = shell(TOKEN_BY_JSON)
    token = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert token["access_token"].startswith("ey")
    assert token["token_type"] == "Bearer"
    assert token["expires_in"] > 0
    assert "scope" in token


def test_a_token_is_had_with_a_form(shell):
    token = json.loads(shell(TOKEN_BY_FORM).stdout)
    assert token["access_token"].startswith("ey")
    assert token["token_type"] == "Bearer"


def test_the_manuals_sed_finds_the_token(shell):
    """It looks for the name and the value with no space between: the answer's JSON must be compact."""
    done = shell(EXPORT_ACCESS_TOKEN + 'printf %s "$ACCESS_TOKEN"')
    assert re.fullmatch(r"ey[\w-]+\.[\w-]+\.[\w-]+", done.stdout), done.stdout + done.stderr


def test_topology_is_had_with_curl(shell):
    topology = json.loads(shell(EXPORT_ACCESS_TOKEN + REST_TOPOLOGY).stdout)
    assert topology["clusterSize"] >= 1
    assert topology["partitionsCount"] >= 1
    assert topology["replicationFactor"] >= 1
    assert topology["brokers"][0]["partitions"]


@pytest.mark.parametrize(
    "schema", [f"-import-path {PROTO_FOLDER} -proto gateway.proto", ""], ids=["with a proto file", "with reflection"]
)
def test_topology_is_had_with_grpcurl(shell, platform, go_peers, schema):
    call = (
        f'{go_peers.grpcurl} -H "Authorization: Bearer ${{ACCESS_TOKEN}}" -v {schema} -plaintext '
        f"{platform.grpc_target} gateway_protocol.Gateway/Topology"
    )
    done = shell(EXPORT_ACCESS_TOKEN + call)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rpc Topology ( .gateway_protocol.TopologyRequest ) returns ( .gateway_protocol.TopologyResponse )" in (
        done.stdout
    )
    assert '"partitionsCount": 1' in done.stdout
    assert "Sent 0 requests and received 1 response" in done.stdout


def test_grpcurl_without_a_token_is_refused(shell, platform, go_peers):
    done = shell(
        f"{go_peers.grpcurl} -import-path {PROTO_FOLDER} -proto gateway.proto -plaintext {platform.grpc_target} "
        "gateway_protocol.Gateway/Topology"
    )
    assert done.returncode != 0
    assert "Unauthenticated" in done.stderr


def test_the_console_api_answers_curl(shell, platform):
    organization = platform.ready["console_credentials_file"]
    script = (
        f'TOKEN=$({CONSOLE_TOKEN.strip()} | sed \'s/.*access_token":"\\([^"]*\\)".*/\\1/\')\n'
        'curl -s --header "authorization:Bearer ${TOKEN}" "$CONSOLE_API/clusters"'
    )
    done = shell(script, credentials=organization, CONSOLE_API=platform.ready["console_api_url"].rstrip("/"))
    clusters = json.loads(done.stdout)
    assert [cluster["uuid"] for cluster in clusters] == [platform.ready["cluster_id"]]
