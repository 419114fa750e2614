from pathlib import Path

import pytest

from c8py.engine.bpmn import read
from c8py.engine.records import ElementType

_TASK = (
    '<serviceTask id="{id}"><extensionElements><zeebe:taskDefinition {definition}/>{more}</extensionElements>'
    "</serviceTask>"
)
_TO_END = '<sequenceFlow id="{id}" sourceRef="{source}" targetRef="end"/><endEvent id="end"/>'


def _task(definition: str = 'type="work"', more: str = "", name: str = "t") -> str:
    return _TASK.format(id=name, definition=definition, more=more) + _TO_END.format(id="last", source=name)


def test_the_order_process_is_what_is_drawn(models: Path) -> None:
    (process,) = read("order.bpmn", (models / "order.bpmn").read_bytes())

    assert (process.id, process.name, process.version_tag, process.start) == (
        "order-process",
        "Order",
        "",
        "order-placed",
    )
    gateway = process.elements["order-value"]
    assert gateway.type is ElementType.EXCLUSIVE_GATEWAY
    assert gateway.incoming == ("money-collected",)
    assert gateway.default_flow is process.flows["order-is-small"]
    condition = process.flows["order-is-large"].condition
    assert condition is not None
    assert condition.boolean({"amount": 101}) is True
    job = process.elements["ship-with-insurance"].job
    assert job is not None
    assert (job.type.string({}), job.retries.integer({}), job.headers) == (
        "ship-with-insurance",
        5,
        {"carrier": "insured-mail"},
    )
    assert process.elements["order-shipped"].incoming == ("shipped-insured", "shipped-plain")


def test_a_version_tag_is_kept(models: Path) -> None:
    (process,) = read("pass_through.bpmn", (models / "pass_through.bpmn").read_bytes())

    assert process.version_tag == "v1"


def test_flows_leave_an_element_in_the_reverse_order_of_the_file(model, process) -> None:
    """Recorded: the real engine goes from the end of the file, whatever <outgoing> says."""
    inner = (
        '<exclusiveGateway id="g" default="c"><outgoing>b</outgoing><outgoing>a</outgoing><outgoing>c</outgoing>'
        '</exclusiveGateway><endEvent id="end"/>'
        + "".join(
            f'<sequenceFlow id="{name}" sourceRef="g" targetRef="end"><conditionExpression>= true</conditionExpression>'
            "</sequenceFlow>"
            for name in "abc"
        )
    )

    gateway = process(model(inner, target="g")).elements["g"]

    assert [flow.id for flow in gateway.outgoing] == ["c", "b", "a"]
    assert gateway.default_flow.id == "c"
    assert [flow.condition is None for flow in gateway.outgoing] == [True, False, False]


def test_a_single_flow_after_a_gateway_needs_no_condition(model, process) -> None:
    gateway = process(model('<exclusiveGateway id="g"/>' + _TO_END.format(id="f", source="g"), target="g")).elements[
        "g"
    ]

    assert [flow.condition for flow in gateway.outgoing] == [None]


def test_an_element_without_outgoing_flow_ends_its_path(model, process) -> None:
    inner = _TASK.format(id="t", definition='type="work"', more="")

    assert process(model(inner, target="t")).elements["t"].outgoing == ()


def test_a_job_has_three_retries_unless_the_model_says_otherwise(model, process) -> None:
    assert process(model(_task(), target="t")).elements["t"].job.retries.integer({}) == 3


def test_type_and_retries_may_be_expressions(model, process) -> None:
    job = process(model(_task('type="=kind" retries="=n + 1"'), target="t")).elements["t"].job

    assert job.type.string({"kind": "mail"}) == "mail"
    assert job.retries.integer({"n": 1}) == 2


def test_headers_are_kept_as_they_stand_and_incomplete_ones_left_out(model, process) -> None:
    headers = (
        '<zeebe:taskHeaders><zeebe:header key="a" value="=x"/><zeebe:header key="b"/><zeebe:header key="" value="v"/>'
        "</zeebe:taskHeaders>"
    )

    assert process(model(_task(more=headers), target="t")).elements["t"].job.headers == {"a": "=x"}


def test_mappings_keep_their_order_and_paths(model, process) -> None:
    mappings = (
        '<zeebe:ioMapping><zeebe:input source="=x" target="a"/><zeebe:input source="text" target="a.b"/>'
        '<zeebe:output source="=r" target="o.p.q"/></zeebe:ioMapping>'
    )

    task = process(model(_task(more=mappings), target="t")).elements["t"]

    assert [mapping.target for mapping in task.inputs] == [("a",), ("a", "b")]
    assert [mapping.source.evaluate({"x": 1}) for mapping in task.inputs] == [1, "text"]
    assert [mapping.target for mapping in task.outputs] == [("o", "p", "q")]


def test_input_mappings_of_a_throw_event_are_ignored(model, process) -> None:
    """Recorded: the real engine deploys and does not run them."""
    inner = (
        '<intermediateThrowEvent id="e"><extensionElements><zeebe:ioMapping><zeebe:input source="=1" target="a"/>'
        '<zeebe:output source="=2" target="b"/></zeebe:ioMapping></extensionElements></intermediateThrowEvent>'
    )

    event = process(model(inner + _TO_END.format(id="f", source="e"), target="e")).elements["e"]

    assert (event.type, event.inputs, len(event.outputs)) == (ElementType.INTERMEDIATE_THROW_EVENT, (), 1)


@pytest.mark.parametrize(
    "inner",
    [
        "<documentation>words</documentation>",
        '<dataObject id="o"/><dataObjectReference id="r" dataObjectRef="o"/><dataStoreReference id="s"/>',
        '<textAnnotation id="a"><text>note</text></textAnnotation><association id="b" sourceRef="end" targetRef="a"/>',
        '<group id="g"/>',
        '<laneSet id="l"><lane id="m"><flowNodeRef>end</flowNodeRef></lane></laneSet>',
        '<extensionElements><zeebe:properties><zeebe:property name="a"/></zeebe:properties></extensionElements>',
        '<extensionElements><x:other xmlns:x="urn:x" id="end"><x:inner/></x:other></extensionElements>',
        '<other xmlns="urn:x"><endEvent id="end"/></other>',
    ],
)
def test_what_has_no_effect_is_passed_over(inner: str, model, process) -> None:
    compiled = process(model(inner + '<endEvent id="end"/>'))

    assert compiled.elements.keys() == {"start", "end"}


def test_what_has_no_effect_on_an_element_is_passed_over(model, process) -> None:
    inner = (
        '<serviceTask id="t" zeebe:modelerTemplate="x" zeebe:modelerTemplateVersion="1" implementation="##WebService">'
        '<documentation/><extensionElements><zeebe:taskDefinition type="w"/><zeebe:properties/></extensionElements>'
        '<incoming>first</incoming><property id="x"/><dataInputAssociation id="y"/><ioSpecification/></serviceTask>'
    )

    assert process(model(inner, target="t")).elements["t"].type is ElementType.SERVICE_TASK


def test_a_collaboration_around_the_process_is_passed_over(model, process) -> None:
    pool = b'<collaboration id="c"><participant id="x" processRef="p"/></collaboration><message id="m"/></definitions>'

    assert process(model('<endEvent id="end"/>').replace(b"</definitions>", pool)).id == "p"
