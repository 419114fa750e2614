"""Handlers take variables by name, as the types they say; whatever could never work is refused at registration."""

import functools
import logging
import threading
from dataclasses import dataclass
from decimal import Decimal

import msgspec
import pytest

from c8py.client import AsyncCamunda
from c8py.errors import JobFailure, WorkerError
from c8py.worker import Cancellation, Job
from c8py.worker.conversion import result_variables
from c8py.worker.registry import Registry, Terms
from c8py.worker.signature import Given, arguments, batch_item, read


@dataclass
class Order:
    id: str
    lines: list[int]


class Person(msgspec.Struct):
    name: str


class Pydantic:
    """Has the ways of a pydantic model."""

    def __init__(self, value: object) -> None:
        self.value = value

    @classmethod
    def model_validate(cls, value: object) -> "Pydantic":
        return cls(value)

    def model_dump(self, *, mode: str, by_alias: bool) -> object:
        return {"mode": mode, "value": self.value} if by_alias else {}


@pytest.fixture
def given(make_job):
    """What a handler is called with, for a job with these variables."""

    def call(function, **variables):
        return arguments(read(function), Given(make_job(**variables)))

    return call


def test_variables_are_given_by_name_and_others_are_left_out(given):
    assert given(lambda amount: None, amount=3, other=4) == {"amount": 3}


def test_the_job_is_given_to_who_asks_for_it(given):
    assert given(lambda job: None, amount=3)["job"].variables == {"amount": 3}


def test_the_rest_is_given_to_who_takes_it(given):
    assert given(lambda a, **rest: None, a=1, b=2, c=3) == {"a": 1, "b": 2, "c": 3}


def test_values_become_what_the_annotations_say(given):
    def handler(order: Order, person: Person, price: Decimal, special: Pydantic) -> None: ...

    got = given(
        handler, order={"id": "o", "lines": [1]}, person={"name": "Ada"}, price="1.10", special={"any": "thing"}
    )
    assert got["order"] == Order("o", [1])
    assert got["person"] == Person("Ada")
    assert got["price"] == Decimal("1.10")
    assert isinstance(got["special"], Pydantic)
    assert got["special"].value == {"any": "thing"}


def test_a_default_stands_in_for_a_missing_variable(given):
    assert given(lambda currency="EUR": None) == {"currency": "EUR"}


def test_missing_is_null_for_who_takes_null(given):
    def handler(note: str | None) -> None: ...

    assert given(handler) == {"note": None}


def test_a_missing_variable_is_named(given):
    with pytest.raises(JobFailure, match="expected variable amount, but the job has a, b"):
        given(lambda amount: None, b=1, a=2)


def test_a_variable_of_another_type_is_named(given):
    def handler(amount: int) -> None: ...

    with pytest.raises(JobFailure, match=r"variable amount.*int"):
        given(handler, amount="three")


def test_what_is_worth_fetching_follows_from_the_parameters():
    assert read(lambda a, b=1: None).fetch_variables == ("a", "b")
    assert read(lambda a, **rest: None).fetch_variables == ()
    assert read(lambda a, job: None).fetch_variables == ()


def test_async_is_seen_through_partials_and_objects():
    async def handler(a: int, b: int) -> None: ...

    class Handler:
        async def __call__(self, a: int) -> None: ...

    assert read(functools.partial(handler, b=1)).is_async
    assert read(Handler()).is_async
    assert not read(lambda: None).is_async


def test_types_of_the_job_and_the_result_may_be_for_the_type_checker_only(given):
    def handler(job: "Job", amount: "int") -> "Result": ...  # noqa: F821  # pyright: ignore[reportUndefinedVariable]

    called = given(handler, amount=1)
    assert called["amount"] == 1
    assert called["job"].job_key == "1"


def positional(a, /): ...
def starred(*a): ...
def generator(a):
    yield a


def unknown(a: "Nowhere"): ...  # noqa: F821  # pyright: ignore[reportUndefinedVariable]


def impossible(a: object, b: type(pytest)): ...  # pyright: ignore[reportInvalidTypeForm]


@pytest.mark.parametrize("handler", [positional, starred, generator, unknown, impossible])
def test_a_handler_that_could_never_be_called_is_refused(handler):
    with pytest.raises(WorkerError, match=handler.__name__):
        Registry().add("t", handler)


def test_a_type_has_one_handler():
    registry = Registry()
    registry.add("t", lambda: None)
    with pytest.raises(WorkerError, match="'t'"):
        registry.add("t", lambda: None)


@pytest.mark.parametrize(("type_", "timeout_s"), [("", 1), ("  ", 1), ("t", 0), ("t", -1)])
def test_a_type_and_a_time_are_needed(type_, timeout_s):
    with pytest.raises(WorkerError):
        Registry().add(type_, lambda: None, terms=Terms(timeout_s=timeout_s))


@pytest.mark.parametrize(
    ("result", "variables"),
    [
        (None, None),
        ({}, {}),
        ({"a": Decimal("1.5")}, {"a": "1.5"}),
        (Order("o", [1]), {"id": "o", "lines": [1]}),
        (Person("Ada"), {"name": "Ada"}),
        (Pydantic(1), {"mode": "json", "value": 1}),
    ],
)
def test_results_become_variables(result, variables):
    assert result_variables(result) == variables


@pytest.mark.parametrize("result", [1, "text", [1], {"a": object()}])
def test_a_result_that_is_no_object_of_json_fails_the_job(result):
    with pytest.raises(JobFailure):
        result_variables(result)


@dataclass
class Charge:
    amount: int
    currency: str = "EUR"


def test_all_variables_become_one_typed_value_for_who_takes_them_as_variables(given):
    def handler(variables: Charge) -> None: ...

    assert given(handler, amount=3) == {"variables": Charge(3)}
    assert read(handler).fetch_variables == ("amount", "currency")
    assert read(lambda variables: None).fetch_variables == ()
    with pytest.raises(JobFailure, match="amount"):
        given(handler, currency="EUR")


def test_the_job_the_client_the_logger_and_the_cancellation_are_known_by_their_types(make_job):
    def handler(work: Job, camunda: AsyncCamunda, log: logging.Logger, going_on: Cancellation, client: str) -> None: ...

    cancellation = Cancellation()
    given = Given(make_job(client="Ada"), "the client", "the logger", cancellation)

    assert arguments(read(handler), given) == {
        "work": given.job,
        "camunda": "the client",
        "log": "the logger",
        "going_on": cancellation,
        "client": "Ada",
    }


def test_what_is_provided_needs_no_type_that_json_knows(make_job):
    def handler(pool: threading.Lock, amount: int) -> None: ...

    lock = threading.Lock()
    given = Given(make_job(amount=1), provided={"pool": lock})

    assert arguments(read(handler, provided=["pool"]), given) == {"pool": lock, "amount": 1}
    assert read(handler, provided=["pool"]).fetch_variables == ("amount",)


def test_a_batch_handler_takes_one_list(make_job):
    def of_jobs(jobs: list[Job]) -> None: ...
    def of_charges(charges: list[Charge]) -> None: ...
    def of_two(jobs: list[Job], amount: int) -> None: ...

    assert batch_item(read(of_jobs, batch=True), (job := make_job(1))) is job
    assert batch_item(read(of_charges, batch=True), make_job(1, amount=2)) == Charge(2)
    assert read(of_charges, batch=True).fetch_variables == ("amount", "currency")
    with pytest.raises(WorkerError, match="one list"):
        read(of_two, batch=True)
