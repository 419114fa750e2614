import re
from pathlib import Path

import pytest

from c8py.engine.bpmn import Limits, ModelRejected, read


def test_the_sample_models_are_executable(models: Path) -> None:
    ids = {file.name: [process.id for process in read(file.name, file.read_bytes())] for file in models.glob("*.bpmn")}

    assert ids["order.bpmn"] == ["order-process"]
    assert ids["one_task.bpmn"] == ["one-task"]
    assert ids["pass_through.bpmn"] == ["pass-through"]


def test_each_executable_process_of_a_file_is_one_and_the_others_are_drawings() -> None:
    part = '<process id="{id}" isExecutable="{run}"><startEvent id="s{id}"/>{more}</process>'
    content = (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">'
        + part.format(id="a", run="true", more="")
        + part.format(id="b", run="false", more='<userTask id="u"/>')
        + part.format(id="c", run="1", more="")
        + "</definitions>"
    )

    assert [process.id for process in read("three.bpmn", content.encode())] == ["a", "c"]


def test_a_rejection_names_file_line_and_element(models: Path) -> None:
    content = (models / "order.bpmn").read_text().replace("serviceTask", "userTask")

    with pytest.raises(ModelRejected) as caught:
        read("order.bpmn", content.encode())

    first = str(caught.value).splitlines()[0]
    assert first.startswith("'order.bpmn', line 7, element 'collect-money': element <userTask> is not supported yet")
    assert "supported: startEvent, endEvent" in first
    assert len(caught.value.findings) == 3


def test_all_findings_of_a_file_come_at_once_in_the_order_of_the_file(model, findings) -> None:
    content = model('<endEvent id="end"/>\n<userTask id="u"/>\n<serviceTask id="s"/>\n<endEvent id="end"/>')

    assert [(element, line) for element, line, _ in findings(content)] == [("u", 4), ("s", 5), ("end", 6)]


def test_no_more_findings_than_anyone_reads_are_given(model, findings) -> None:
    content = model('<endEvent id="end"/>' + "\n".join(f'<userTask id="u{n}"/>' for n in range(80)))

    found = findings(content)

    assert len(found) == 21
    assert found[-1] == ("", 0, "and 60 more findings")


def test_a_rejection_fits_the_status_message_of_grpc(model) -> None:
    flows = "".join(f'<sequenceFlow id="{n}" sourceRef="{"x" * 9999}" targetRef="end"/>' for n in range(99))

    with pytest.raises(ModelRejected) as caught:
        read("test.bpmn", model('<endEvent id="end"/>' + flows))

    assert len(str(caught.value)) < 8000


def test_a_file_without_executable_process_is_rejected(model, findings) -> None:
    ((element, line, message),) = findings(model("", attributes='id="p"'))

    assert (element, line) == ("d", 1)
    assert message == 'expected a process with isExecutable="true", but the file has none'


def test_another_outermost_element_is_rejected(findings) -> None:
    messages = [message for _, _, message in findings(b"<definitions/>")]

    assert any(re.match(r"expected <definitions> of the namespace \S+, but found", message) for message in messages)


def test_an_unknown_element_beside_the_processes_is_rejected(model, findings) -> None:
    content = model('<endEvent id="end"/>').replace(b"</definitions>", b'<choreography id="c"/></definitions>')

    assert [found[0] for found in findings(content)] == ["c"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no xml",
        b"\x00\x01\x02",
        b"<a>",
        b"<a></b>",
        b"<a b='1' b='2'/>",
        b"<x:a/>",
        b"<a>&nbsp;</a>",
        b"\xff\xfe<\x00a\x00",
        "<definitions>\ud800</definitions>".encode("utf-8", "surrogatepass"),
        b'<?xml version="1.0" encoding="bogus"?><a/>',
        b'<?xml version="1.0" encoding="utf-7"?><a/>',
        b'<?xml version="1.0" encoding="shift_jis"?><a/>',
        b'<?xml version="1.0" encoding="zlib"?><a/>',
        b'<?xml version="1.0" encoding="idna"?><a/>',
        b'<?xml version="1.0" encoding="UTF-16"?><a/>',
    ],
)
def test_what_is_no_xml_is_one_finding(content: bytes, findings) -> None:
    ((element, _, message),) = findings(content)

    assert element == ""
    assert message.startswith("expected ")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_every_usual_encoding_is_read(encoding: str, model) -> None:
    declared = "utf-8" if encoding == "utf-8-sig" else encoding
    text = f'<?xml version="1.0" encoding="{declared}"?>' + model('<endEvent id="end" name="Größe"/>').decode()

    (process,) = read("test.bpmn", text.encode(encoding))

    assert process.elements["end"].name == "Größe"


_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "declaration",
    [
        "<!DOCTYPE definitions>",
        f'<!DOCTYPE definitions [<!ENTITY l0 "ha">{_LAUGHS}]>',
        '<!DOCTYPE definitions [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE definitions SYSTEM "http://example.com/evil.dtd">',
        '<!DOCTYPE definitions [<!ENTITY % p SYSTEM "http://example.com/p"> %p;]>',
    ],
)
def test_a_document_type_is_refused_before_its_entities_mean_anything(declaration: str, model, findings) -> None:
    content = declaration.encode() + b"\n" + model('<endEvent id="end" name="&l9;"/>')

    assert findings(content) == [("", 1, "expected no document type and no entities, but found <!DOCTYPE>")]


@pytest.mark.parametrize(
    ("limits", "what"),
    [
        (Limits(bytes_max=100), "bytes"),
        (Limits(depth_max=2), "elements in each other"),
        (Limits(elements_max=3), "elements"),
        (Limits(attributes_max=1), "attributes"),
        (Limits(expressions_chars_max=9), "characters together"),
    ],
)
def test_what_is_larger_than_its_limit_is_refused(limits: Limits, what: str, model) -> None:
    flow = '<sequenceFlow id="f"><conditionExpression>=x</conditionExpression></sequenceFlow>'

    with pytest.raises(ModelRejected, match=f"at most .* {what}"):
        read("test.bpmn", model('<endEvent id="end" name="= a text"/><x:y xmlns:x="urn:x"/>' + flow), limits)


def test_a_deep_file_is_refused() -> None:
    with pytest.raises(ModelRejected, match="elements in each other"):
        read("deep.bpmn", b"<a>" * 100_000)


def test_a_very_large_process_is_read_in_reasonable_time(model) -> None:
    """Nothing may be quadratic; the model is one long chain with a loop from its end to its beginning."""
    count = 20_000
    tasks = "".join(
        f'<task id="t{n}"/><sequenceFlow id="f{n}" sourceRef="t{n}" targetRef="t{n + 1}"/>' for n in range(count)
    )
    closing = f'<task id="t{count}"/><sequenceFlow id="back" sourceRef="t{count}" targetRef="t0"/>'

    with pytest.raises(ModelRejected, match="on every loop"):
        read("large.bpmn", model(tasks + closing, target="t0"))
