"""The record of calls can be wrong, and then says so."""

from harness import recording
from harness.recording import Called, Row, complaints_of, merged

START = Called("grpc", "CreateProcessInstance", "start", "stub", "async")
CANCEL = Called("grpc", "CancelProcessInstance", "cancel", "stub", "async")
HERE = "tests/unit/harness/test_recording.py"
TEST = f"{HERE}::test_a_call_that_its_test_makes_no_longer_is_untrue"
OTHER = f"{HERE}::test_a_call_that_no_row_has_is_missed[a]"


def test_a_call_that_its_test_makes_no_longer_is_untrue():
    assert complaints_of([Row(START, TEST)], {TEST: set()}) == [f"{TEST} no longer calls {' '.join(START)}"]
    assert complaints_of([Row(START, TEST)], {TEST: {START}}) == []
    assert complaints_of([Row(START, TEST)], {}) == []  # it did not run


def test_a_call_that_no_row_has_is_missed():
    assert complaints_of([Row(START, TEST)], {OTHER: {START, CANCEL}}) == [f"no row says {' '.join(CANCEL)}"]


def test_a_test_keeps_its_row_while_it_makes_the_call():
    made = {TEST: {START, CANCEL}, OTHER: {START}}
    assert set(merged([Row(START, TEST)], made)) == {Row(START, TEST), Row(CANCEL, TEST)}
    assert set(merged([], made)) == {Row(START, OTHER), Row(CANCEL, TEST)}


def test_what_did_not_run_keeps_its_rows_and_what_is_gone_loses_them():
    gone = Row(CANCEL, f"{HERE}::test_that_is_gone")
    assert merged([Row(START, TEST), gone], {}) == [Row(START, TEST)]


def test_every_row_names_a_test_that_is_there():
    rows = recording.read()
    assert len(rows) > 500
    assert [row for row in rows if not merged([row], {})] == []
