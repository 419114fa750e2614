"""Whatever is done to a model file, it is read or rejected; nothing else comes out of it."""

import contextlib
from pathlib import Path
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from c8py.engine.bpmn import ModelRejected, read

_SAMPLES: Final = [file.read_bytes() for file in sorted((Path(__file__).parents[1] / "models").glob("*.bpmn"))]
_FRAGMENTS: Final = [
    b'id="start"',
    b'id=""',
    b"<bpmn:task/>",
    b"</bpmn:process>",
    b'targetRef="end"',
    b'sourceRef="task"',
    b"<!DOCTYPE x>",
    b"<![CDATA[=x]]>",
    b"&amp;",
    b"&x;",
    b"<?xml version='1.0'?>",
    b"\x00",
    b"\xff",
    b"=",
    b'"',
    b"<bpmn:extensionElements><zeebe:ioMapping><zeebe:input/></zeebe:ioMapping></bpmn:extensionElements>",
]
_EDITS: Final = st.lists(
    st.tuples(
        st.integers(0, 10_000), st.integers(0, 60), st.sampled_from(_FRAGMENTS) | st.binary(max_size=8) | st.just(b"")
    ),
    min_size=1,
    max_size=5,
)


@given(st.sampled_from(_SAMPLES), _EDITS)
@settings(max_examples=300)
def test_a_damaged_model_is_read_or_rejected(sample: bytes, edits: list[tuple[int, int, bytes]]) -> None:
    for position, removed, inserted in edits:
        at = position % len(sample)
        sample = sample[:at] + inserted + sample[at + removed :]

    with contextlib.suppress(ModelRejected):
        assert read("damaged.bpmn", sample)


@given(st.sampled_from(_SAMPLES), st.randoms(use_true_random=False))
@settings(max_examples=200)
def test_a_model_whose_lines_are_shuffled_is_read_or_rejected(sample: bytes, random: object) -> None:
    lines = sample.splitlines(keepends=True)
    inner = lines[3:-1]
    random.shuffle(inner)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]

    with contextlib.suppress(ModelRejected):
        assert read("shuffled.bpmn", b"".join([*lines[:3], *inner, lines[-1]]))


@given(st.binary(max_size=200))
def test_any_bytes_are_rejected(content: bytes) -> None:
    with contextlib.suppress(ModelRejected):
        assert read("bytes.bpmn", content)


@given(st.sampled_from(_SAMPLES), st.sampled_from([b'"', b">", b"<", b"id", b"bpmn:", b"zeebe:", b"Ref", b"=", b"/"]))
def test_a_model_without_one_word_is_read_or_rejected(sample: bytes, word: bytes) -> None:
    with contextlib.suppress(ModelRejected):
        assert read("missing.bpmn", sample.replace(word, b""))
