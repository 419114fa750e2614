"""Bodies of the APIs beside the cluster, both ways."""

import pytest

from c8py.base.redact import Secret
from c8py.components import given, orders
from c8py.components.bodies import decoded, encoded, filled, text
from c8py.console import Cluster, CreatedClusterClient
from c8py.errors import ServerFault
from c8py.models import encode, unknown_members


def test_values_take_the_place_of_names_and_cannot_leave_it():
    assert filled("/a/{x}/b/{y}", ("1/2", 3), {"q": "ä b", "none": None}) == "/a/1%2F2/b/3?q=%C3%A4+b"
    assert filled("/compare/{a}...{b}", ("{b}", "{a}"), None) == "/compare/%7Bb%7D...%7Ba%7D"
    with pytest.raises(AssertionError):
        filled("/a/{x}", (), None)


def test_what_is_none_is_left_out():
    assert given({"a": None, "b": 0, "c": ""}) == {"b": 0, "c": ""}


def test_a_sign_in_front_of_a_name_turns_the_order():
    assert orders(["a", "-b"]) == [{"field": "a", "order": "ASC"}, {"field": "b", "order": "DESC"}]
    assert orders(["-a"], "direction") == [{"field": "a", "direction": "DESC"}]
    assert orders([]) is None


def test_secrets_are_in_the_open_on_the_wire_alone():
    assert encoded({"value": Secret("s3")}) == b'{"value":"s3"}'
    assert decoded(b'{"a":"s3"}', dict[str, Secret], call="c", address="a") == {"a": Secret("s3")}
    assert encoded(None) is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"clientSecret":"s3cr~t"}', b'{"clientSecret":5}', b"\xff"])
def test_an_answer_of_somebody_else_is_a_fault_without_its_words(body):
    with pytest.raises(ServerFault) as raised:
        decoded(body, CreatedClusterClient, call="POST /x", address="http://there")
    assert "http://there" in str(raised.value)
    assert "s3cr~t" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_null_where_no_document_knows_of_one_is_as_good_as_absent():
    said = b'[{"uuid":"u","name":"n","description":null,"links":{"zeebe":null},"labels":null,"status":null}]'
    [cluster] = decoded(said, list[Cluster], call="c", address="a")
    assert (cluster.uuid, cluster.description, cluster.links.zeebe, cluster.labels) == ("u", "", "", ())
    with pytest.raises(ServerFault):
        decoded(b'{"uuid":null,"name":"n"}', Cluster, call="c", address="a")


def test_what_we_do_not_know_is_kept_and_secrets_stay_secrets():
    said = b'{"name":"n","uuid":"u","clientId":"i","clientSecret":"s3","audience":null,"newer":{"a":1}}'
    client = decoded(said, CreatedClusterClient, call="c", address="a")
    assert unknown_members(client) == {"newer": {"a": 1}}
    assert "s3" not in repr(client)
    with pytest.raises(TypeError):
        encode(client)


def test_a_text_may_come_as_json():
    assert text(b'"a\\nb"', call="c", address="a") == "a\nb"
    assert text(b"a,b\n1,2\n", call="c", address="a") == "a,b\n1,2\n"
    with pytest.raises(ServerFault):
        text(b"\xff", call="c", address="a")
