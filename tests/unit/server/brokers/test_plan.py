from pathlib import Path

import msgspec
import pytest

from c8py.errors import ConfigError
from c8py.server.brokers.plan import (
    PORT_FIRST,
    PORT_LAST,
    Machinery,
    Plan,
    ServerTls,
    Shape,
    Trust,
    command_of,
    environment_of,
    new_plan,
    ports_of,
)

HERE = "127.0.0.1"
TRUST = Trust(issuer="http://here/realm", keys_base="http://here/realm", audience="c.zeebe.camunda.io")


def plan_of(shape=None, *, taken=(), is_free=lambda _port: True, public_host=HERE):
    return new_plan("c", shape or Shape(), bind=HERE, public_host=public_host, taken=taken, is_free=is_free)


def test_every_broker_has_ports_of_its_own_outside_those_that_are_taken_or_in_use():
    plan = plan_of(Shape(brokers=3), taken={PORT_FIRST}, is_free=lambda port: port % 2 == 0)
    ports = ports_of(plan)
    assert len(ports) == 15
    assert all(port % 2 == 0 for port in ports)
    assert PORT_FIRST not in ports


def test_too_few_ports_are_an_error_that_says_so():
    with pytest.raises(ConfigError, match="5 free ports"):
        plan_of(is_free=lambda port: port < PORT_FIRST + 4)
    assert ports_of(plan_of(taken=range(PORT_FIRST, PORT_LAST - 4)))


def test_brokers_find_each_other_and_know_their_number():
    plan = plan_of(Shape(brokers=3, partitions=2, replication=3))
    told = [environment_of(plan, one, Path("folder"), trust=None) for one in plan.brokers]
    assert [one["ZEEBE_BROKER_CLUSTER_NODEID"] for one in told] == ["0", "1", "2"]
    assert {one["ZEEBE_BROKER_CLUSTER_INITIALCONTACTPOINTS"] for one in told} == {
        ",".join(f"{HERE}:{one.ports.internal}" for one in plan.brokers)
    }
    assert {one["ZEEBE_BROKER_CLUSTER_CLUSTERSIZE"] for one in told} == {"3"}
    assert {one["ZEEBE_BROKER_CLUSTER_PARTITIONSCOUNT"] for one in told} == {"2"}
    assert {one["ZEEBE_BROKER_CLUSTER_REPLICATIONFACTOR"] for one in told} == {"3"}


def test_the_management_port_stays_on_the_machine_wherever_the_rest_listens():
    plan = new_plan("c", Shape(), bind="0.0.0.0", public_host="10.0.0.1", taken=(), is_free=lambda _port: True)
    told = environment_of(plan, plan.brokers[0], Path("folder"), trust=None)
    assert told["MANAGEMENT_SERVER_ADDRESS"] == HERE
    assert told["SERVER_ADDRESS"] == "0.0.0.0"
    assert plan.brokers[0].management_url.startswith(f"http://{HERE}:")
    assert plan.brokers[0].grpc_address.startswith("10.0.0.1:")


def test_brokers_ask_for_tokens_where_there_is_somebody_to_trust():
    plan = plan_of()
    told = environment_of(plan, plan.brokers[0], Path("folder"), trust=TRUST)
    assert told["ZEEBE_BROKER_GATEWAY_SECURITY_AUTHENTICATION_MODE"] == "identity"
    assert told["CAMUNDA_IDENTITY_AUDIENCE"] == "c.zeebe.camunda.io"
    open_to_all = environment_of(plan, plan.brokers[0], Path("folder"), trust=None)
    assert not any(name.startswith("CAMUNDA_IDENTITY") for name in open_to_all)


def test_brokers_show_a_certificate_over_both_protocols():
    plan = plan_of()
    tls = ServerTls(certificate="c.pem", key="k.pem")
    told = environment_of(plan, plan.brokers[0], Path("folder"), trust=None, tls=tls)
    assert told["ZEEBE_BROKER_GATEWAY_SECURITY_CERTIFICATECHAINPATH"] == "c.pem"
    assert told["SERVER_SSL_CERTIFICATE"] == "c.pem"


def test_the_command_limits_memory_and_can_be_found_again_by_its_folder():
    plan = plan_of(Shape(heap_mb=256, java_options="-Da=1 -Db=2"))
    trust = msgspec.structs.replace(TRUST, truststore="t.p12", truststore_password="x")
    command = command_of(plan, Path("home"), Path("java"), Path("folder"), trust=trust, main="M")
    assert command[0] == "java"
    assert command[-1] == "M"
    assert {"-Xmx256m", "-Dapp.home=folder", "-Da=1", "-Db=2", "-Djavax.net.ssl.trustStore=t.p12"} <= set(command)


def test_a_plan_comes_back_from_its_file_as_it_was():
    plan = plan_of(Shape(brokers=2, replication=2))
    assert msgspec.json.decode(msgspec.json.encode(plan), type=Plan) == plan


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"brokers": 0}, "brokers"),
        ({"brokers": 65}, "brokers"),
        ({"partitions": 0}, "partitions"),
        ({"replication": 2}, "replication"),
        ({"replication": 0}, "replication"),
        ({"heap_mb": 1}, "heap_mb"),
        ({"partition_mb": 8}, "partition_mb"),
        ({"version": "8.8.0"}, "version"),
        ({"version": "8.6.0/../../x"}, "version"),
        ({"version": ""}, "version"),
    ],
)
def test_a_shape_that_no_cluster_can_have_is_refused(wrong, says):
    with pytest.raises(ConfigError, match=says):
        Shape(**wrong)


def test_a_guarded_broker_listens_behind_its_door():
    plan = new_plan("c", Shape(), bind=HERE, public_host="here", taken=(), is_free=lambda _port: True, guarded=True)
    (broker,) = plan.brokers
    told = environment_of(plan, broker, Path("folder"), trust=None)
    assert told["ZEEBE_BROKER_GATEWAY_NETWORK_HOST"] == told["SERVER_ADDRESS"] == HERE
    assert told["ZEEBE_BROKER_GATEWAY_NETWORK_PORT"] == str(broker.ports.behind_grpc)
    assert told["SERVER_PORT"] == str(broker.ports.behind_rest)
    assert broker.grpc_address == f"here:{broker.ports.grpc}"
    assert len(ports_of(plan)) == 7


def joined(host="192.0.2.2", free=range(27000, 27100)):
    return Machinery(machine="h2", host=host, free_ports=tuple(free))


def test_brokers_are_dealt_out_to_all_hosts_and_no_port_is_given_twice():
    plan = new_plan(
        "c", Shape(brokers=3), bind=HERE, public_host="192.0.2.1", taken=(), is_free=lambda _port: True,
        joined=(joined(free=range(PORT_FIRST, PORT_FIRST + 50)),),
    )  # fmt: skip
    assert [(one.machine, one.host) for one in plan.brokers] == [
        ("", "192.0.2.1"),
        ("h2", "192.0.2.2"),
        ("", "192.0.2.1"),
    ]
    assert len(ports_of(plan)) == 15
    told = environment_of(plan, plan.brokers[1], Path("folder"), trust=None)
    assert told["ZEEBE_BROKER_NETWORK_HOST"] == told["ZEEBE_BROKER_NETWORK_ADVERTISEDHOST"] == "192.0.2.2"
    assert told["ZEEBE_BROKER_CLUSTER_INITIALCONTACTPOINTS"] == plan.contact_points
    assert environment_of(plan, plan.brokers[0], Path("folder"), trust=None)["ZEEBE_BROKER_NETWORK_HOST"] == HERE


def test_a_joined_host_without_free_ports_is_said():
    with pytest.raises(ConfigError, match=r"192\.0\.2\.2"):
        new_plan(
            "c", Shape(brokers=2), bind=HERE, public_host=HERE, taken=(), is_free=lambda _port: True,
            joined=(joined(free=range(4)),),
        )  # fmt: skip


def test_guarded_brokers_stay_on_the_machine_that_guards_them():
    plan = new_plan(
        "c", Shape(brokers=2), bind=HERE, public_host=HERE, taken=(), is_free=lambda _port: True, guarded=True,
        joined=(joined(),),
    )  # fmt: skip
    assert [one.machine for one in plan.brokers] == ["", ""]
