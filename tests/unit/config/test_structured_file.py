"""Rules of the other forms in which Camunda's names come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c8py.base.redact import Secret
from c8py.config import load
from c8py.config.credentials_file import parse
from c8py.errors import ConfigError

CLUSTER = "12345678-1234-1234-1234-123456789abc"
SPRING_YAML = f"""---
# what Console shows for Spring
camunda:
  client:
    mode: saas
    auth:
      client-id: 'id'
      client-secret: "a~secret.of-spring"   # once
    cloud:
      cluster-id: {CLUSTER}
      region: bru-2
"""
SPRING_PROPERTIES = f"""# the same
camunda.client.mode=saas
camunda.client.auth.client-id=id
camunda.client.auth.client-secret=a~secret.of-spring
camunda.client.cloud.cluster-id={CLUSTER}
camunda.client.cloud.region=bru-2
"""
SPRING_JSON = (
    '{"camunda": {"client": {"mode": "saas", "auth": {"client-id": "id", "client-secret": "a~secret.of-spring"}, '
    f'"cloud": {{"cluster-id": "{CLUSTER}", "region": "bru-2"}}}}}}}}'
)


def values(text):
    return {found.name: found.value for found in parse(text, place="a file")}


@pytest.mark.parametrize("text", [SPRING_YAML, SPRING_PROPERTIES, SPRING_JSON])
def test_all_forms_of_spring_say_the_same(text, tmp_path):
    path = tmp_path / "application.any"
    path.write_text(text)
    settings = load(environ={}, credentials_file=path)
    assert settings.client_secret == Secret("a~secret.of-spring")
    assert settings.rest_address == f"https://bru-2.zeebe.camunda.io/{CLUSTER}"
    assert settings.mode == "saas"


def test_the_answer_to_a_new_client_is_understood():
    text = '{"uuid": "1", "name": "n", "clientId": "id", "clientSecret": "s", "permissions": ["Zeebe"]}'
    found = values(text)
    assert (found["CAMUNDA_CLIENT_ID"], found["CAMUNDA_CLIENT_SECRET"]) == ("id", "s")


def test_the_details_of_a_client_are_understood():
    text = '{"name": "n", "ZEEBE_ADDRESS": "x:443", "ZEEBE_CLIENT_ID": "id", "ZEEBE_AUTHORIZATION_SERVER_URL": "u"}'
    assert values(text)["ZEEBE_CLIENT_ID"] == "id"


def test_a_connection_of_c8ctl_is_understood():
    text = '{"name": "local", "baseUrl": "http://c8/v2", "username": "demo", "password": "demo", "oAuthUrl": "u"}'
    assert values(text).items() >= {
        ("CAMUNDA_BASE_URL", "http://c8/v2"),
        ("CAMUNDA_USERNAME", "demo"),
        ("CAMUNDA_OAUTH_URL", "u"),
    }


@pytest.mark.parametrize("line", ["set ZEEBE_CLIENT_ID=id", "$env:ZEEBE_CLIENT_ID='id'", '$env:ZEEBE_CLIENT_ID = "id"'])
def test_the_shells_of_windows_are_understood(line):
    assert values(line) == {"ZEEBE_CLIENT_ID": "id"}


def test_a_number_and_a_truth_are_texts_in_the_end():
    assert values('{"a.b": 5, "c.d": true, "e": null, "f": []}') == {"A_B": "5", "C_D": "true"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"a": ', "line 1"),
        ("{\n'a': 1}", "line 2"),
        ("a:\n  b: s3cret\n  - s3cret", "line 3"),
        ("a:\n  b: [s3cret]", "line 2"),
        ("a:\n  b: 's3cret", "line 2"),
        ("a:\n  b: ${S3CRET:s3cret}", "line 2"),
        ("a: b\ns3cret", "line 2"),
    ],
)
def test_what_cannot_be_read_is_named_by_line_and_never_shown(text, line):
    with pytest.raises(ConfigError) as raised:
        parse(text, place="creds.any")
    assert "creds.any" in str(raised.value)
    assert line in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_yaml_knows_which_keys_belong_together():
    text = "a:\n  b:\n    c: 1\n  d: 2\ne: 3\nf.g: 4\n"
    assert values(text) == {"A_B_C": "1", "A_D": "2", "e": "3", "F_G": "4"}


@given(st.text(alphabet="{}\":,[]abn1 \n\\$-'#", max_size=60))
def test_anything_that_resembles_these_forms_is_read_or_refused(text):
    said = "line"
    try:
        parse(text, place="a file")
    except ConfigError as refusal:
        said = str(refusal)
    assert "line" in said
