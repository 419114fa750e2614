"""Every name that any official client reads means something here, or is known to mean nothing."""

from pathlib import Path

import pytest

from c8py.config import load, survey
from c8py.config.fields import FIELDS, all_names
from c8py.config.fields.older_names import OLDER_NAMES
from c8py.config.switches import DEMANDS, NAMES
from c8py.config.without_effect import WITHOUT_EFFECT

OFFICIAL = [
    line
    for line in (Path(__file__).parent / "official_names.txt").read_text().splitlines()
    if line and not line.startswith("#")
]
OF_FIELDS = {name for field in FIELDS for name in all_names(field)}


@pytest.mark.parametrize("name", OFFICIAL)
def test_every_name_of_an_official_client_is_understood_in_one_way(name):
    assert sum([name in OF_FIELDS, name in NAMES, name in WITHOUT_EFFECT]) == 1


def test_no_name_is_listed_twice():
    assert len(OFFICIAL) == len(set(OFFICIAL))


def test_a_name_without_effect_belongs_to_somebody():
    assert set(WITHOUT_EFFECT) <= set(OFFICIAL)


@pytest.mark.parametrize("name", WITHOUT_EFFECT)
def test_a_name_without_effect_says_why_where_it_is_set(name):
    found = survey(environ={name: "x"})
    assert [(one.name, one.source, bool(one.why)) for one in found.ignored] == [(name, f"environment {name}", True)]
    assert found.problems == ()


def test_a_value_of_a_name_without_effect_is_never_shown():
    assert "s3cret" not in repr(survey(environ={"CAMUNDA_COOKIE_AUTH_PASSWORD": "s3cret"}))


def test_what_a_reason_recommends_is_a_name_that_is_understood():
    said = {word.strip(",;:.") for why in WITHOUT_EFFECT.values() for word in why.split() if word.isupper()}
    assert {word for word in said if "_" in word} <= OF_FIELDS


def test_everything_demanded_of_a_name_is_documented():
    assert set(DEMANDS) <= set(NAMES)


def test_every_older_name_belongs_to_a_name_of_the_table():
    assert set(OLDER_NAMES) <= {name for field in FIELDS for name in field.names}


def test_a_file_of_an_application_before_8_8_gives_the_same_connection(tmp_path):
    path = tmp_path / "application.yaml"
    path.write_text(
        "zeebe.client:\n  cloud:\n    clusterId: 12345678-1234-1234-1234-123456789abc\n    region: bru-2\n"
        "    clientId: id\n    clientSecret: an-old-secret\n    base-url: zeebe.camunda.io\n"
    )
    settings = load(environ={}, credentials_file=path)
    assert (settings.client_id, settings.mode) == ("id", "saas")
    assert settings.rest_address == "https://bru-2.zeebe.camunda.io/12345678-1234-1234-1234-123456789abc"
    assert str(settings.source("client_id")) == f"credentials file {path}, line 5, ZEEBE_CLIENT_CLOUD_CLIENTID"
