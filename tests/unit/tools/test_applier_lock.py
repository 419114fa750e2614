import textwrap

import pytest

MODULE = '''
def job_created(tables, key, value):
    """Says."""
    _put(tables, key)


def _put(tables, key):
    tables.put(key)
'''
TABLE = "APPLIERS: Final = {(JobIntent.CREATED, 1): _on(job.job_created)}\n"


@pytest.fixture
def hashed(tool, tmp_path):
    lock = tool("applier_lock")

    def of(module: str, table: str = TABLE) -> dict[str, str]:
        (tmp_path / "__init__.py").write_text(textwrap.dedent(table))
        (tmp_path / "job.py").write_text(textwrap.dedent(module))
        return lock.hashes(tmp_path)

    return of


def test_the_committed_lock_fits_the_code(tool):
    lock = tool("applier_lock")
    (content,) = lock.outputs().values()

    assert lock.LOCK.read_text() == content


def test_docstrings_comments_and_layout_are_free(hashed):
    assert hashed(MODULE) == hashed(
        MODULE.replace('"""Says."""', '"""Other."""  # why').replace("(tables, key)", "(\n tables, key\n)")
    )


def test_code_is_not_free_and_neither_is_what_it_calls_in_its_module(hashed):
    before = hashed(MODULE)

    assert hashed(MODULE.replace("_put(tables, key)\n", "_put(tables, 1)\n", 1)) != before
    assert hashed(MODULE.replace("tables.put(key)", "tables.drop(key)")) != before


def test_a_changed_or_lost_entry_is_named_and_a_new_one_is_not(tool):
    lock = tool("applier_lock")

    assert lock.changed({"A 1": "x", "B 1": "y", "C 1": "z"}, {"A 1": "x", "B 1": "other", "D 1": "new"}) == [
        "B 1",
        "C 1",
    ]


def test_a_table_that_is_not_written_out_is_refused(hashed):
    with pytest.raises(TypeError, match="expected"):
        hashed(MODULE, "APPLIERS: Final = dict()\n")
