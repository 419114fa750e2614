import socket

import pytest

from c8py.server.brokers.plan import PORT_FIRST, PORT_LAST, Shape, new_plan, ports_of
from c8py.server.brokers.ports import Offer, Promised

HERE = "127.0.0.1"


@pytest.fixture
def promised():
    """Makes what platforms have each of their own."""
    made = []

    def make(bind=HERE):
        made.append(Promised(bind))
        return made[-1]

    yield make
    for one in made:
        one.release()


def plan_with(promised):
    return new_plan("c", Shape(brokers=3), bind=HERE, public_host=HERE, taken=(), is_free=promised.take)


def test_platforms_that_plan_at_the_same_moment_plan_different_ports(promised):
    plans = [plan_with(promised()) for _ in range(3)]
    assert len(frozenset().union(*map(ports_of, plans))) == 3 * 15


def test_a_broker_listens_on_a_port_that_was_promised_to_it(promised):
    mine = promised()
    ports = sorted(ports_of(plan_with(mine)))
    mine.let_broker_in()
    with socket.create_server((HERE, ports[0])):  # allows others to be bound there, as Java does
        socket.create_connection((HERE, ports[0]), timeout=5).close()
        mine.release()
        assert not promised().take(ports[0])


def test_what_was_promised_and_is_let_go_is_for_anybody(promised):
    first, second = promised(), promised()
    free = next(port for port in range(PORT_LAST, PORT_FIRST, -1) if first.take(port))
    assert not second.take(free)
    first.release()
    assert second.take(free)


def test_a_management_port_is_kept_on_loopback_too(promised):
    everywhere = promised("127.0.0.2")
    free = next(port for port in range(PORT_LAST, PORT_FIRST, -1) if everywhere.take(port))
    assert not promised(HERE).take(free)


def test_what_a_host_offers_is_kept_also_while_a_broker_does_not_run(promised):
    among = range(PORT_LAST, PORT_FIRST, -1)
    first, second = Offer(HERE, among, 5), Offer(HERE, among, 5)
    try:
        mine, others = first.ports(()), second.ports(())
        assert (len(mine), len(others)) == (5, 5)
        assert set(mine).isdisjoint(others)
        assert first.ports(()) == mine
        assert not promised().take(mine[0])
        more = first.ports(mine[:2])
        assert set(more).isdisjoint(mine[:2])
        assert len(more) == 5
        first.let_broker_in(mine[:2])
        with socket.create_server((HERE, mine[0])):
            pass
        assert not promised().take(mine[0])  # also when the broker has died
        first.close()
        assert promised().take(mine[0])
    finally:
        first.close()
        second.close()
