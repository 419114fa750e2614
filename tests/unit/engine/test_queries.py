"""The read model: what commands did, found again by what REST searches ask."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c8py.engine.readmodel import (
    Condition,
    Filter,
    JobRow,
    Operator,
    Page,
    ProcessInstanceRow,
    Search,
    SearchRefused,
    Sort,
)
from c8py.engine.readmodel.search import VariableCondition
from harness.bpmn import Model, one_task
from harness.engine import Rig


@pytest.fixture(scope="module")
def rig():
    """12 instances: 4 completed, 1 cancelled, 1 with an incident, 6 waiting."""
    rig = Rig()
    rig.deploy(one_task(), Model("q", name="Quick").end().path("start", "end").content)
    for number in range(11):
        rig.create(variables={"n": number, "text": f"a{number}"}, tags=("t",), business_id="b")
        rig.clock.advance(1)
    for number in range(3):
        rig.complete(rig.job(), n=100 + number)
    rig.fail(rig.job(), 0, error_message="no")
    rig.cancel(rig.key_of("p"))
    rig.create("q")
    yield rig
    rig.engine.close()


def where(*conditions: Condition, **more: object) -> Search:
    return Search(filter=Filter(all_of=conditions), **more)  # pyright: ignore[reportArgumentType]


def total(rig, *conditions: Condition) -> int:
    return rig.engine.queries.search_process_instances(where(*conditions)).total


def test_an_instance_is_told_with_its_definition_and_what_became_of_it(rig):
    key = rig.key_of("q")

    row = rig.engine.queries.get_process_instance(key)

    assert (row.process_definition_id, row.process_definition_name, row.state) == ("q", "Quick", "COMPLETED")
    assert (row.process_definition_version, row.has_incident, row.end_ms) == (1, False, rig.clock.now_ms())
    assert rig.engine.queries.get_process_instance(1) is None


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        (Condition("state", Operator.EQ, "COMPLETED"), 4),
        (Condition("state", Operator.NEQ, "COMPLETED"), 8),
        (Condition("state", Operator.IN, ("ACTIVE", "TERMINATED")), 8),
        (Condition("state", Operator.NOT_IN, ("ACTIVE", "TERMINATED")), 4),
        (Condition("state", Operator.IN, ()), 12),
        (Condition("state", Operator.LIKE, "*TED"), 5),
        (Condition("state", Operator.LIKE, "?CTIVE"), 7),
        (Condition("state", Operator.LIKE, "active"), 0),
        (Condition("state", Operator.LIKE, r"\*TED"), 0),
        (Condition("state", Operator.LIKE, "[A]*"), 0),
        (Condition("has_incident", Operator.EQ, True), 1),
        (Condition("end_ms", Operator.EXISTS, False), 7),
        (Condition("end_ms", Operator.EXISTS, True), 5),
        (Condition("end_ms", Operator.NEQ, 0), 12),
        (Condition("parent_process_instance_key", Operator.EXISTS, True), 0),
        (Condition("business_id", Operator.EXISTS, True), 11),
        (Condition("process_definition_id", Operator.GT, "p"), 1),
        (Condition("process_definition_id", Operator.GTE, "p"), 12),
        (Condition("process_definition_version", Operator.LT, 1), 0),
        (Condition("process_definition_version", Operator.LTE, 1), 12),
    ],
    ids=str,
)
def test_a_condition_finds_what_it_means(rig, condition, count):
    assert total(rig, condition) == count


def test_conditions_are_all_met_and_of_alternatives_one(rig):
    wanted = Filter(
        all_of=(Condition("process_definition_id", Operator.EQ, "p"),),
        any_of=(
            Filter(all_of=(Condition("state", Operator.EQ, "TERMINATED"),)),
            Filter(all_of=(Condition("has_incident", Operator.EQ, True),)),
        ),
    )

    assert rig.engine.queries.search_process_instances(Search(filter=wanted)).total == 2


def test_instances_are_found_by_their_variables(rig):
    def count(name: str, value: str) -> int:
        condition = VariableCondition(name, (Condition("value", Operator.EQ, value),))
        return rig.engine.queries.search_process_instances(Search(filter=Filter(variables=(condition,)))).total

    assert count("n", "100") == 1
    assert count("text", '"a5"') == 1
    assert count("n", "0") == 0


def test_rows_come_by_key_unless_sorted_otherwise(rig):
    keys = [row.process_instance_key for row in rig.engine.queries.search_process_instances(Search()).items]
    down = Search(sort=(Sort("start_ms", descending=True),))

    assert keys == sorted(keys)
    assert [row.process_instance_key for row in rig.engine.queries.search_process_instances(down).items] == keys[::-1]


FIELDS = ("state", "end_ms", "has_incident", "start_ms", "process_definition_id")


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from(FIELDS), st.booleans()), max_size=3, unique_by=lambda one: one[0]),
    st.integers(1, 5),
)
def test_pages_there_and_back_give_every_row_once_in_order(rig, fields, limit):
    sort = tuple(Sort(field, descending=down) for field, down in fields)
    search = rig.engine.queries.search_process_instances
    everything = search(Search(sort=sort)).items
    there, cursor = [], None
    while (page := search(Search(sort=sort, page=Page(limit=limit, after=cursor)))).items:
        there += page.items
        cursor = page.end_cursor
        assert page.total == len(everything)
    back, cursor = list(everything[-1:]), search(Search(sort=sort)).end_cursor
    while (page := search(Search(sort=sort, page=Page(limit=limit, before=cursor)))).items:
        back[:0] = page.items
        cursor = page.start_cursor

    assert there == list(everything)
    assert back == list(everything)


def test_a_page_may_begin_anywhere_and_be_empty(rig):
    search = rig.engine.queries.search_process_instances

    assert len(search(Search(page=Page(limit=5, offset=10))).items) == 2
    assert search(Search(page=Page(limit=0))) == search(Search(page=Page(offset=99)))
    assert search(Search(page=Page(limit=0))).start_cursor is None


@pytest.mark.parametrize(
    "search",
    [
        where(Condition("nothing", Operator.EQ, 1)),
        where(Condition("state; DROP TABLE job", Operator.EQ, 1)),
        where(Condition("tags", Operator.EQ, "t")),
        where(Condition("state", Operator.EQ, 1)),
        where(Condition("start_ms", Operator.EQ, "1")),
        where(Condition("start_ms", Operator.EQ, True)),
        where(Condition("start_ms", Operator.EQ, 2**64)),
        where(Condition("start_ms", Operator.LIKE, "1")),
        where(Condition("state", Operator.EQ, ("a",))),
        where(Condition("state", Operator.IN, "a")),
        where(Condition("state", Operator.EXISTS, "a")),
        where(Condition("state", Operator.EQ, "\ud800")),
        where(*[Condition("state", Operator.EQ, "x")] * 201),
        where(Condition("start_ms", Operator.IN, tuple(range(1001)))),
        Search(sort=(Sort("nothing"),)),
        Search(page=Page(limit=10_001)),
        Search(page=Page(limit=-1)),
        Search(page=Page(offset=-1)),
        Search(page=Page(after="x", before="y")),
        Search(page=Page(after="kc8ACAAAAAAAAw", offset=1)),
        Search(page=Page(after="no cursor")),
        Search(page=Page(after="ö")),
        Search(sort=(Sort("state"),), page=Page(after="kc8ACAAAAAAAAw")),
    ],
    ids=lambda search: str(search)[:80],
)
def test_a_question_without_sense_is_refused_with_a_reason(rig, search):
    with pytest.raises(SearchRefused, match="expected"):
        rig.engine.queries.search_process_instances(search)


def test_jobs_incidents_variables_elements_and_definitions_are_found(rig):
    queries = rig.engine.queries
    (failed,) = queries.search_jobs(where(Condition("state", Operator.EQ, "FAILED"))).items
    (incident,) = queries.search_incidents(where(Condition("state", Operator.EQ, "ACTIVE"))).items
    stuck = queries.get_element_instance(incident.element_instance_key)

    assert (failed.error_message, failed.retries, failed.worker) == ("no", 0, "w")
    assert (incident.job_key, incident.error_type) == (failed.job_key, "JOB_NO_RETRIES")
    assert (stuck.incident_key, stuck.has_incident, stuck.state) == (incident.incident_key, True, "ACTIVE")
    assert queries.get_incident(incident.incident_key) == incident
    variable = queries.search_variables(where(Condition("name", Operator.EQ, "text"), page=Page(limit=1))).items[0]
    assert queries.get_variable(variable.variable_key) == variable
    assert variable.value == '"a0"'
    definition = queries.search_process_definitions(where(Condition("name", Operator.EQ, "Quick"))).items[0]
    assert queries.get_process_definition(definition.process_definition_key) == definition
    assert b"Quick" in queries.get_process_definition_xml(definition.process_definition_key)
    assert queries.get_process_definition_xml(1) is None
    assert queries.get_process_definition_xml(2**64) is None
    assert queries.get_variable(2**64) is None


def test_the_columns_of_a_view_are_the_fields_of_its_row(rig):
    connection = rig.engine._database.connection
    for row, view in ((ProcessInstanceRow, "process_instance_row"), (JobRow, "job_row")):
        assert tuple(one[1] for one in connection.execute(f"PRAGMA table_info({view})")) == row.__struct_fields__


@pytest.mark.parametrize("in_memory", [True, False], ids=["temporary", "disk"])
def test_other_threads_read_whole_commits_while_the_engine_runs(tmp_path, in_memory):
    """An instance and its variable are written by one commit: who sees the one sees the other."""
    rig = Rig(None if in_memory else tmp_path / "engine")
    rig.deploy(one_task())
    stop, wrong = threading.Event(), []

    def read() -> None:
        queries = rig.engine.queries
        while not stop.is_set():
            try:
                seen = queries.search_process_instances(Search())
                variables = queries.search_variables(Search(page=Page(limit=1000)))
                keys = {row.scope_key for row in variables.items}
                wrong.extend(row for row in seen.items if row.process_instance_key not in keys)
            except Exception as error:  # noqa: BLE001  told by the main thread
                wrong.append(error)
                return

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(100):
        rig.create(variables={"x": 1})
    stop.set()
    for thread in threads:
        thread.join()
    rig.engine.close()

    assert wrong == []


def test_job_states_follow_the_last_event():
    rig = Rig()
    rig.deploy(one_task())
    rig.create()

    def state() -> str:
        return rig.engine.queries.search_jobs(Search()).items[0].state

    told = [state()]
    job = rig.job(timeout_ms=1000)
    for step in (
        lambda: rig.update_timeout(job, 2000),
        lambda: rig.advance(2),
        lambda: rig.update_retries(job, 5),
        lambda: rig.fail(job, 1),
        lambda: rig.throw(job, "E"),
        lambda: rig.cancel(rig.key_of("p")),
    ):
        step()
        told.append(state())
    rig.engine.close()

    assert told == ["CREATED", "TIMEOUT_UPDATED", "TIMED_OUT", "RETRIES_UPDATED", "FAILED", "ERROR_THROWN", "CANCELED"]
