"""Rules of the forms of addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c8py.config.addresses import (
    AddressError,
    SaasCluster,
    grpc_address,
    rest_address,
    saas_cluster,
    same_place,
    web_url,
)

CLUSTER = "12345678-1234-1234-1234-123456789abc"


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("localhost:26500", "grpc://localhost:26500"),
        ("localhost", "grpc://localhost:26500"),
        ("grpc://localhost", "grpc://localhost:26500"),
        ("grpcs://gw.example", "grpcs://gw.example:443"),
        ("http://localhost:26500/", "grpc://localhost:26500"),
        ("https://gw.example", "grpcs://gw.example:443"),
        ("http://gw.example", "grpc://gw.example:80"),
        ("gw.example:443", "grpcs://gw.example:443"),
        ("GRPCS://GW.example:9", "grpcs://gw.example:9"),
        ("[::1]:26500", "grpc://[::1]:26500"),
        (" localhost:26500 ", "grpc://localhost:26500"),
    ],
)
def test_every_form_of_a_grpc_address_becomes_one(text, normal):
    assert grpc_address(text) == normal


def test_a_switch_decides_about_tls_only_where_the_address_does_not():
    assert grpc_address("gw:9", secure=True) == "grpcs://gw:9"
    assert grpc_address("gw:443", secure=False) == "grpc://gw:443"
    assert grpc_address("grpc://gw:9", secure=True) == "grpc://gw:9"


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://localhost:8080/v2/", "http://localhost:8080"),
        ("localhost:8080/v2", "http://localhost:8080"),
        ("https://bru-2.zeebe.camunda.io/abc/v2", "https://bru-2.zeebe.camunda.io/abc"),
        ("https://c8.example:443", "https://c8.example"),
        ("c8.example:443", "https://c8.example"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
    ],
)
def test_every_form_of_a_rest_address_becomes_one(text, normal):
    assert rest_address(text) == normal


@pytest.mark.parametrize(
    "text", ["", "ftp://x", "http://", "x:70000", "x:y", "a b:1", "grpc://x/path", "[::1", "dns:///x"]
)
def test_what_is_no_grpc_address_is_refused(text):
    with pytest.raises(AddressError):
        grpc_address(text)


@pytest.mark.parametrize("text", ["", "grpc://x", "http://", "http://u:p@x", "http://x?y=1", "http://x:99999"])
def test_what_is_no_rest_address_is_refused(text):
    with pytest.raises(AddressError):
        rest_address(text)


@pytest.mark.parametrize("text", ["", "login.example", "ftp://x", "https://user:secret@x/token"])
def test_what_is_no_web_url_is_refused(text):
    with pytest.raises(AddressError):
        web_url(text)


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_refused_and_the_normal_form_stays(text):
    for normalize in (grpc_address, rest_address):
        try:
            normal = normalize(text)
        except AddressError:
            continue
        assert normalize(normal) == normal


def test_a_saas_cluster_is_recognized_from_either_address():
    cluster = SaasCluster(CLUSTER, "bru-2")
    assert saas_cluster(cluster.grpc_address) == cluster
    assert saas_cluster(cluster.rest_address) == cluster
    assert saas_cluster("grpc://localhost:26500") is None


def test_the_same_place_with_and_without_a_scheme():
    assert same_place("gw:26500", "grpc://gw:26500")
    assert not same_place("http://gw:26500", "grpc://gw:26501")
    assert not same_place("gw:1", "grpc://gw:2")
