"""Rules of reading the file that Console hands out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c8py.base.limits import CREDENTIALS_FILE_BYTES_MAX
from c8py.config.credentials_file import parse, read
from c8py.errors import ConfigError


def values(text):
    return {found.name: found.value for found in parse(text, place="a file")}


@pytest.mark.parametrize(
    "line",
    [
        "export A='x~.=y'",
        'export A="x~.=y"',
        "export A=x~.=y",
        "A='x~.=y'",
        "A=x~.=y",
        "  export   A='x~.=y'  ",
        "A='x~.=y' # it's a comment",
        "A=x~.=y # a comment",
    ],
)
def test_every_way_of_writing_an_assignment_says_the_same(line):
    assert values(line) == {"A": "x~.=y"}


def test_windows_line_ends_comments_and_blank_lines_are_no_obstacle():
    assert values("# a comment\r\n\r\nexport A='1'\r\nexport B='2'\r\n") == {"A": "1", "B": "2"}


def test_a_hash_inside_quotes_belongs_to_the_value():
    assert values("A='1 # 2'") == {"A": "1 # 2"}


def test_an_assignment_knows_its_line():
    assert [found.line for found in parse("\n# x\nA=1\nB=2", place="a file")] == [3, 4]


@pytest.mark.parametrize("line", ["export A='s3cret", "A=\"s3cret'", "s3cret", "1A=s3cret", "A='s3cret' s3cret"])
def test_a_malformed_line_is_named_by_number_and_never_shown(line):
    with pytest.raises(ConfigError) as raised:
        parse(f"OK=1\n{line}\n", place="creds.txt")
    assert "creds.txt, line 2" in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_the_last_assignment_of_a_name_counts(tmp_path):
    path = tmp_path / "creds.txt"
    path.write_text("A=1\nA=2\n")
    assert read(path)["A"].value == "2"


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    path = tmp_path / "creds.txt"
    path.write_bytes(b"\xef\xbb\xbfA=1\n")
    assert read(path)["A"].value == "1"


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.txt"):
        read(tmp_path / "nowhere.txt")


def test_a_folder_is_no_credentials_file(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path)


def test_a_binary_file_is_refused(tmp_path):
    path = tmp_path / "creds.txt"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read(path)


def test_a_file_that_is_too_large_is_refused(tmp_path):
    path = tmp_path / "creds.txt"
    path.write_bytes(b"#" * (CREDENTIALS_FILE_BYTES_MAX + 1))
    with pytest.raises(ConfigError, match="larger than"):
        read(path)


NAMES = st.from_regex(r"[A-Z][A-Z0-9_]{0,20}", fullmatch=True)
VALUES = st.text(st.characters(codec="ascii", exclude_characters="'\r\n\x00", exclude_categories=["Cc"]), max_size=40)


@given(st.dictionaries(NAMES, VALUES.map(str.strip)))
def test_what_is_printed_in_the_downloaded_form_is_read_back(assignments):
    printed = "".join(f"export {name}='{value}'\n" for name, value in assignments.items())
    assert values(printed) == assignments


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_line(text):
    try:
        parse(text, place="a file")
    except ConfigError as refusal:
        said = str(refusal)
        assert "line" in said
