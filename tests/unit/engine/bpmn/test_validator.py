"""What keeps a model from being deployed. Each rule names the element and its line."""

import pytest

_END = '<endEvent id="end"/>'
_GATEWAY = '<exclusiveGateway id="g"/>'
_CONDITION = "<conditionExpression>{}</conditionExpression>"


def _flow(source: str, target: str = "end", condition: str = "", name: str = "f") -> str:
    inner = _CONDITION.format(condition) if condition else ""
    return f'<sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>\n'


def _task(extensions: str, attributes: str = "", more: str = "") -> str:
    return f'<serviceTask id="t" {attributes}><extensionElements>{extensions}</extensionElements>{more}</serviceTask>'


@pytest.mark.parametrize(
    "tag",
    [
        "userTask",
        "subProcess",
        "callActivity",
        "boundaryEvent",
        "intermediateCatchEvent",
        "parallelGateway",
        "inclusiveGateway",
        "eventBasedGateway",
        "sendTask",
        "receiveTask",
        "scriptTask",
        "businessRuleTask",
        "adHocSubProcess",
        "transaction",
        "complexGateway",
        "nonsense",
    ],
)
def test_an_unsupported_element_is_named(tag: str, model, findings) -> None:
    ((element, line, message),) = findings(model(f'{_END}\n<{tag} id="x"/>{_flow("x")}'))

    assert (element, line) == ("x", 4)
    assert message.startswith(f"element <{tag}> is not supported yet; supported: startEvent, ")


@pytest.mark.parametrize("tag", ["startEvent", "endEvent", "intermediateThrowEvent"])
@pytest.mark.parametrize("definition", ["timer", "message", "error", "signal", "terminate", "escalation", "link"])
def test_an_event_definition_is_named(tag: str, definition: str, model, findings) -> None:
    event = f'<{tag} id="x">\n<{definition}EventDefinition/></{tag}>'

    ((element, line, message),) = findings(model(_END + event))

    assert (element, line) == ("x", 4)
    assert message == f"element <{definition}EventDefinition> in <{tag}> is not supported yet"


@pytest.mark.parametrize(
    ("inner", "message"),
    [
        (
            _task('<zeebe:taskDefinition type="w"/><zeebe:executionListeners/>'),
            "<zeebe:executionListeners> on <serviceTask>",
        ),
        (_task('<zeebe:taskDefinition type="w"/><zeebe:linkedResources/>'), "<zeebe:linkedResources> on <serviceTask>"),
        (_task('<zeebe:taskDefinition type="w"/><zeebe:madeUp/>'), "<zeebe:madeUp> on <serviceTask>"),
        (_task('<zeebe:taskDefinition type="w"/><zeebe:taskDefinition type="v"/>'), "at most once"),
        (_task('<zeebe:taskDefinition type="w"/>', 'isForCompensation="true"'), "isForCompensation"),
        (_task('<zeebe:taskDefinition type="w"/>', 'zeebe:priority="1"'), "attribute 'zeebe:priority'"),
        (
            _task('<zeebe:taskDefinition type="w"/>', more="<multiInstanceLoopCharacteristics/>"),
            "element <multiInstanceLoopCharacteristics> in <serviceTask>",
        ),
        (
            _task('<zeebe:taskDefinition type="w"/>', more="<standardLoopCharacteristics/>"),
            "element <standardLoopCharacteristics> in <serviceTask>",
        ),
        (
            '<task id="t"><extensionElements><zeebe:ioMapping/></extensionElements></task>',
            "<zeebe:ioMapping> on <task>",
        ),
        (
            '<manualTask id="t"><extensionElements><zeebe:executionListeners/></extensionElements></manualTask>',
            "<zeebe:executionListeners> on <manualTask>",
        ),
        (
            (
                '<intermediateThrowEvent id="t"><extensionElements><zeebe:taskDefinition type="x"/></extensionElements>'
                "</intermediateThrowEvent>"
            ),
            "<zeebe:taskDefinition> on <intermediateThrowEvent>",
        ),
        (
            '<endEvent id="t"><eventDefinitionRef>x</eventDefinitionRef></endEvent>',
            "<eventDefinitionRef> in <endEvent>",
        ),
    ],
)
def test_nothing_that_would_change_what_happens_is_passed_over(inner: str, message: str, model, findings) -> None:
    found = findings(model(_END + inner))

    assert [element for element, _, _ in found] == ["t"]
    assert message in found[0][2]


def test_an_input_mapping_on_an_end_event_is_refused(model, findings) -> None:
    mapping = '<zeebe:ioMapping><zeebe:input source="=1" target="a"/></zeebe:ioMapping>'
    content = model(f'<endEvent id="end"><extensionElements>{mapping}</extensionElements></endEvent>')

    assert [found[2] for found in findings(content)] == ["<zeebe:input> on <endEvent> is not supported yet"]


@pytest.mark.parametrize("listeners", ["executionListeners", "jobPriorityDefinition"])
def test_an_extension_of_the_process_is_refused(listeners: str, model, findings) -> None:
    content = model(f"<extensionElements><zeebe:{listeners}/></extensionElements>{_END}")

    assert [found[2] for found in findings(content)] == [f"<zeebe:{listeners}> on <process> is not supported yet"]


@pytest.mark.parametrize(
    ("extensions", "message"),
    [
        ("", "expected a zeebe:taskDefinition with a type"),
        ("<zeebe:taskDefinition/>", "expected a zeebe:taskDefinition with a type"),
        ('<zeebe:taskDefinition type=" "/>', "expected a zeebe:taskDefinition with a type"),
        ('<zeebe:taskDefinition type="=1 +"/>', "the job type '=1 +' is no valid expression"),
        ('<zeebe:taskDefinition type="=now()"/>', "function 'now' is not supported yet"),
        ('<zeebe:taskDefinition type="w" retries="many"/>', "a whole number of retries, but found 'many'"),
        ('<zeebe:taskDefinition type="w" retries=""/>', "a whole number of retries, but found ''"),
        ('<zeebe:taskDefinition type="w" retries="="/>', "the retries '=' is no valid expression"),
        (
            (
                '<zeebe:taskDefinition type="w"/><zeebe:taskHeaders><zeebe:header key="a" value="1"/>'
                '<zeebe:header key="a" value="2"/></zeebe:taskHeaders>'
            ),
            "expected each header once, but 'a' stands twice",
        ),
    ],
)
def test_a_job_must_be_complete(extensions: str, message: str, model, findings) -> None:
    found = findings(model(_END + _task(extensions)))

    assert [element for element, _, _ in found] == ["t"]
    assert message in found[0][2]


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ('source="=1 +" target="a"', "the source of 'a' '=1 +' is no valid expression"),
        ('source="=1"', "variable like 'a' or 'a.b', but found ''"),
        ('source="=1" target="a b"', "but found 'a b'"),
        ('source="=1" target="a..b"', "but found 'a..b'"),
        ('source="=1" target="=a"', "but found '=a'"),
        ('target="a"', "with a source, but it has none"),
    ],
)
@pytest.mark.parametrize("side", ["input", "output"])
def test_a_mapping_must_be_complete(mapping: str, message: str, side: str, model, findings) -> None:
    extensions = f'<zeebe:taskDefinition type="w"/><zeebe:ioMapping>\n<zeebe:{side} {mapping}/></zeebe:ioMapping>'

    ((element, line, found),) = findings(model(_END + _task(extensions)))

    assert (element, line) == ("t", 4)
    assert message in found


@pytest.mark.parametrize(
    ("inner", "element", "message"),
    [
        (_flow("start", "nowhere"), "f", "expected targetRef to name an element of the process, but found 'nowhere'"),
        (_flow("nowhere"), "f", "expected sourceRef to name"),
        (
            '<sequenceFlow id="f" sourceRef="start"/>',
            "f",
            "expected targetRef to name an element of the process, but found ''",
        ),
        (_flow("first", "end"), "f", "expected sourceRef to name"),
        (_flow("end", "end"), "end", "an end event without outgoing flows"),
        (_flow("start", "start"), "start", "a start event without incoming flows"),
        ('<sequenceFlow sourceRef="start" targetRef="end"/>', "p", "expected <sequenceFlow> to have an id"),
        ('<task name="x"/>', "p", "expected <task> to have an id"),
        ('<task id=""/>', "", "expected an id of letters"),
        ('<task id="1st"/>', "1st", "expected an id of letters"),
        ('<task id="a b"/>', "a b", "expected an id of letters"),
        ('<task id="end"/>', "end", "'end' stands on line 3 already"),
        ('<startEvent id="again"/>', "again", "one none start event in a process, but 'start' is one already"),
        (_flow("start", "end", "=true"), "f", "expected conditions only after an exclusive gateway"),
    ],
)
def test_a_process_must_hang_together(inner: str, element: str, message: str, model, findings) -> None:
    found = findings(model(_END + inner))

    assert any(at == element and message in text for at, _, text in found), found


def test_a_process_needs_a_start_event(model, findings) -> None:
    ((element, _, message),) = findings(model(_END, target=""))

    assert element == "p"
    assert message == "expected a process with a start event, but it has none"


def test_a_process_needs_an_id(model, findings) -> None:
    found = findings(model(_END, attributes='isExecutable="true"'))

    assert [message for _, _, message in found] == ["expected <process> to have an id, but it has none"]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("true", "expected a condition that begins with '=', but found 'true'"),
        (" ", "expected a condition that begins with '='"),
        ("=a >", "the condition '=a >' is no valid expression: expected an expression"),
        ("=x &lt; now()", "function 'now' is not supported yet"),
    ],
)
def test_a_condition_must_be_feel(condition: str, message: str, model, findings) -> None:
    inner = _END + _GATEWAY + _flow("g", condition=condition) + _flow("g", condition="=true", name="h")

    ((element, line, found),) = findings(model(inner, target="g"))

    assert (element, line) == ("f", 3)
    assert message in found.replace("&gt;", ">")


def test_one_of_several_flows_after_a_gateway_needs_a_condition_or_to_be_the_default(model, findings) -> None:
    inner = _END + _GATEWAY + "\n" + _flow("g") + _flow("g", condition="=true", name="h")

    assert findings(model(inner, target="g")) == [
        ("f", 4, "expected a condition, or to be the default flow, but it is neither")
    ]


@pytest.mark.parametrize("default", ["first", "nowhere", "end"])
def test_a_default_flow_leaves_its_gateway(default: str, model, findings) -> None:
    inner = f'{_END}<exclusiveGateway id="g" default="{default}"/>{_flow("g")}'

    assert [found[2] for found in findings(model(inner, target="g"))] == [
        f"expected the default flow to leave this gateway, but '{default}' does not"
    ]


def test_a_loop_without_a_wait_is_refused_and_shown(model, findings) -> None:
    inner = (
        '<exclusiveGateway id="g" default="f"/>\n<task id="a"/>\n<manualTask id="b"/>\n'
        + _END
        + _flow("g")
        + _flow("g", "a", "=x", "h")
        + _flow("a", "b", name="i")
        + _flow("b", "g", name="j")
    )

    ((element, line, message),) = findings(model(inner, target="g"))

    assert (element, line) == ("g", 3)
    assert message.endswith("but there is none on g > a > b > g")


def test_a_loop_with_a_wait_is_accepted(model, process) -> None:
    inner = (
        '<exclusiveGateway id="g" default="f"/>'
        + _task('<zeebe:taskDefinition type="w"/>')
        + _END
        + _flow("g")
        + _flow("g", "t", "=x", "h")
        + _flow("t", "g", name="i")
    )

    assert process(model(inner, target="g")).elements["g"].incoming == ("first", "i")


def test_an_element_that_leads_to_itself_is_a_loop(model, findings) -> None:
    found = findings(model('<task id="a"/>' + _flow("a", "a"), target="a"))

    assert found[0][2].endswith("on a > a")
