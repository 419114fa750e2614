"""Models as pictures: where their own diagram has them, and never more than a picture."""

from html import escape
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c8py.server.console._diagram import diagram
from c8py.server.console._instances import Tokens

MODEL = """<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
  xmlns:di="http://www.omg.org/spec/DD/20100524/DI">
  <bpmn:process id="p"><bpmn:startEvent id="s"/><bpmn:serviceTask id="t" name="{name}"/>
  <bpmn:exclusiveGateway id="g"/><bpmn:endEvent id="e"/><bpmn:sequenceFlow id="f" sourceRef="s" targetRef="t"/>
  </bpmn:process>
  <bpmndi:BPMNDiagram><bpmndi:BPMNPlane bpmnElement="p">
    <bpmndi:BPMNShape bpmnElement="s"><dc:Bounds x="{x}" y="100" width="36" height="36"/></bpmndi:BPMNShape>
    <bpmndi:BPMNShape bpmnElement="t"><dc:Bounds x="200" y="80" width="100" height="80"/></bpmndi:BPMNShape>
    <bpmndi:BPMNShape bpmnElement="g"><dc:Bounds x="340" y="95" width="50" height="50"/></bpmndi:BPMNShape>
    <bpmndi:BPMNShape bpmnElement="e"><dc:Bounds x="430" y="100" width="36" height="36"/></bpmndi:BPMNShape>
    <bpmndi:BPMNEdge bpmnElement="f"><di:waypoint x="136" y="118"/><di:waypoint x="200" y="118"/></bpmndi:BPMNEdge>
  </bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn:definitions>"""


def model(name="Charge card", x="100"):
    return MODEL.replace("{name}", name).replace("{x}", x).encode()


def test_shapes_and_flows_are_drawn_where_the_model_has_them():
    picture = diagram(model())
    assert picture.count("<circle") == 2
    assert picture.count("<polygon") == 1
    assert '<rect class="shape" x="200" y="80" width="100" height="80"' in picture
    assert 'points="136,118 200,118"' in picture
    assert "Charge card" in picture


def test_active_and_troubled_elements_are_marked():
    assert 'class="shape active" x="200"' in diagram(model(), Tokens({"t": 1}, {}))
    assert 'class="shape troubled" x="200"' in diagram(model(), Tokens({"t": 1}, {"t": 1}))


def test_tokens_stand_on_their_elements_with_their_number():
    picture = ET.fromstring(diagram(model(), Tokens({"t": 3, "s": 5000, "gone": 1}, {"t": 1})))
    drawn = [(one.get("class"), "".join(one.itertext())) for one in picture.iter("{http://www.w3.org/2000/svg}g")]
    assert sorted(drawn) == [
        ("token active", "2 active2"),
        ("token active", "5000 active999+"),
        ("token troubled", "1 with an incident1"),
    ]


@pytest.mark.parametrize("x", ["nan", "inf", "-inf", "1e999", "x", "", "&quot;/&gt;&lt;script/&gt;"])
def test_what_is_no_number_is_none(x):
    picture = diagram(model(x=x))
    assert "<script" not in picture
    assert "nan" not in picture
    assert "inf" not in picture


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=80))
def test_names_are_text_and_nothing_else(name):
    plain = {one.tag for one in ET.fromstring(diagram(model())).iter()}
    drawn = ET.fromstring(diagram(model(name=escape(f"<b onload='x'>{name}"))))
    assert {one.tag for one in drawn.iter()} == plain


@pytest.mark.parametrize("broken", [b"", b"no xml", b"<a/>", b"<a><b></a>"])
def test_what_has_no_diagram_has_no_picture(broken):
    assert diagram(broken) == ""
