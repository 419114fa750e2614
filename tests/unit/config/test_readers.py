"""Rules of the forms of values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c8py.config.fields import TextError, readers


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5000", 5.0),
        ("0.5", 0.0005),
        ("PT5S", 5.0),
        ("pt0.5s", 0.5),
        ("PT1M30S", 90.0),
        ("PT2H", 7200.0),
        ("500ms", 0.5),
        ("5s", 5.0),
        ("2m", 120.0),
    ],
)
def test_times_have_the_forms_of_all_clients(text, seconds):
    assert readers.milliseconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "x", "P", "PT", "5 parsecs", "nan", "inf", "-1", "0", "PT99999H", "1e99"])
def test_what_is_no_sensible_time_is_refused(text):
    for read in (readers.milliseconds, readers.seconds):
        with pytest.raises(TextError):
            read(text)


def test_no_time_at_all_means_something_only_where_it_may():
    assert readers.milliseconds_or_zero("0") == readers.seconds_or_zero("PT0S") == 0.0


@pytest.mark.parametrize("text", ["on", "TRUE", "1", "Yes"])
def test_a_truth_is_written_in_many_ways(text):
    assert readers.truth(text)
    assert not readers.untruth(text)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (readers.count, "0"),
        (readers.count, "1.5"),
        (readers.port, "65536"),
        (readers.port, "x"),
        (readers.truth, "perhaps"),
        (readers.pem, "no PEM"),
        (readers.header_text, "zwei\nZeilen"),
        (readers.path, "~nobody-of-that-name/x"),
        (readers.proxy, "http://"),
        (readers.proxy, "http://proxy:port"),
        (readers.proxy, "two words"),
    ],
)
def test_what_cannot_be_read_is_refused(read, text):
    with pytest.raises(TextError):
        read(text)


def test_a_list_is_separated_by_commas():
    assert readers.texts(" a, b,,c ") == ("a", "b", "c")


def test_a_proxy_without_a_scheme_is_http():
    assert readers.proxy("proxy.example:3128") == "http://proxy.example:3128"


SHORT = 8  # any word of an error may come by chance
READERS = [
    readers.seconds,
    readers.milliseconds,
    readers.seconds_or_zero,
    readers.truth,
    readers.count,
    readers.port,
    readers.path,
    readers.texts,
    readers.pem,
    readers.header_text,
    readers.proxy,
]


@given(st.sampled_from(READERS), st.text(max_size=40))
def test_any_text_is_read_or_refused_without_showing_it(read, text):
    said = ""
    try:
        read(text)
    except TextError as error:
        said = str(error)
    assert len(text) < SHORT or text not in said


@given(st.text(max_size=60))
def test_whatever_is_taken_for_a_proxy_can_be_shown(text):
    try:
        url = readers.proxy(text)
    except TextError:
        return
    assert readers.proxy_shown(url).startswith(url.split("://")[0].lower())
