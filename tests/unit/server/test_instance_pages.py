"""Console's pages on instances, over real sockets and the real engine: pages, filters, tokens, retry."""

import json
import re
from html import unescape

import pytest

from unit.server.test_console_pages import Browser

TASK = """<?xml version="1.0"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
  xmlns:dc="http://www.omg.org/spec/DD/20100524/DC">
  <bpmn:process id="{id}" name="{name}" isExecutable="true"><bpmn:startEvent id="s"><bpmn:outgoing>f</bpmn:outgoing>
  </bpmn:startEvent><bpmn:serviceTask id="work"><bpmn:extensionElements><zeebe:taskDefinition type="{type}"/>
  </bpmn:extensionElements><bpmn:incoming>f</bpmn:incoming></bpmn:serviceTask>
  <bpmn:sequenceFlow id="f" sourceRef="s" targetRef="work"/></bpmn:process>
  <bpmndi:BPMNDiagram><bpmndi:BPMNPlane bpmnElement="{id}">
    <bpmndi:BPMNShape bpmnElement="s"><dc:Bounds x="0" y="20" width="36" height="36"/></bpmndi:BPMNShape>
    <bpmndi:BPMNShape bpmnElement="work"><dc:Bounds x="100" y="0" width="100" height="80"/></bpmndi:BPMNShape>
  </bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn:definitions>"""
HOSTILE = "<script>alert(1)</script>"


class Rest:
    """Programs' side: deploys and starts."""

    def __init__(self, served) -> None:
        self.served = served
        self.headers = {"authorization": f"Bearer {served.token('zeebe.camunda.io')}"}

    def deploy(self, name, model):
        head = f'content-disposition: form-data; name="resources"; filename="{name}.bpmn"'
        body = f"--x\r\n{head}\r\n\r\n{model}\r\n--x--\r\n"
        kind = {"content-type": "multipart/form-data; boundary=x"}
        answer = self.served.request("POST", "/v2/deployments", body, self.headers | kind)
        assert answer.status == 200, answer.text

    def start(self, process_id, **variables):
        body = json.dumps({"processDefinitionId": process_id, "variables": variables})
        kind = {"content-type": "application/json"}
        answer = self.served.request("POST", "/v2/process-instances", body, self.headers | kind)
        assert answer.status == 200, answer.text
        return answer.json["processInstanceKey"]


@pytest.fixture(scope="module")
def keys(served):
    """60 instances that wait for work, then three that cannot, whose texts are meant to be obeyed."""
    rest = Rest(served)
    rest.deploy("waits", TASK.format(id="waits", name="Waits", type="never-worked-on"))
    waiting = [rest.start("waits") for _ in range(60)]
    hostile = HOSTILE.replace("<", "&lt;")
    rest.deploy("broken", TASK.format(id="broken", name=hostile, type=f"=[&quot;{hostile}&quot;]"))
    return {"waits": waiting, "broken": [rest.start("broken", **{HOSTILE: HOSTILE}) for _ in range(3)]}


@pytest.fixture
def browser(served, keys):
    return Browser(served)


def shown(page):
    return re.findall(r"/instances/instance/(\d+)\"><code>", page.text)


def test_instances_come_by_pages_the_newest_first(browser, keys):
    newest = [*reversed(keys["broken"]), *reversed(keys["waits"])]
    pages = [browser.get(f"{browser.home}/instances?page={at}") for at in (1, 2, 3)]
    assert [key for page in pages for key in shown(page)] == newest
    assert "25 of 63" in pages[0].text
    assert "63 of 63" in pages[2].text
    assert ("Newer" in pages[0].text, "Older" in pages[0].text) == (False, True)
    assert ("Newer" in pages[2].text, "Older" in pages[2].text) == (True, False)


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 30, "%D9%A1", ""])
def test_a_page_that_there_is_not_is_some_page(browser, page):
    assert browser.get(f"{browser.home}/instances?page={page}").status == 200


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ("state=INCIDENT", 3),
        ("state=COMPLETED", 0),
        ("state=ACTIVE&process=broken", 3),
        ("process=broken", 3),
        ("process=gone", 0),
        ("state=nonsense&process=broken", 3),
    ],
)
def test_filters_leave_what_is_wanted(browser, asked, count):
    assert len(shown(browser.get(f"{browser.home}/instances?{asked}"))) == count


def test_the_filter_goes_along_from_page_to_page(browser, keys):
    page = browser.get(f"{browser.home}/instances?state=ACTIVE&process=waits")
    older = unescape(re.findall(r'href="(\?[^"]+)" rel="next"', page.text)[0])
    assert older == "?state=ACTIVE&process=waits&page=2"
    assert 'value="ACTIVE" selected' in page.text
    assert shown(browser.get(f"{browser.home}/instances{older}"))[0] == keys["waits"][-26]


def test_an_instance_is_found_by_its_key(browser, keys):
    assert shown(browser.get(f"{browser.home}/instances?key={keys['waits'][7]}")) == [keys["waits"][7]]
    assert browser.get(f"{browser.home}/instances?key=nonsense").status == 404


def test_a_filter_shows_what_was_typed_and_never_obeys_it(browser):
    page = browser.get(f"{browser.home}/instances?process=%3Cscript%3Ealert(1)%3C/script%3E").text
    assert "<script" not in page
    assert HOSTILE in unescape(page)


def test_a_definition_shows_where_all_its_instances_stand(browser):
    definitions = browser.get(f"{browser.home}/instances/definitions").text
    link = re.findall(r'href="([^"]+/definition/\d+)">Waits<', definitions)[0]
    page = browser.get(link)
    assert "<title>60 active</title>" in page.text
    assert len(shown(page)) == 25
    assert len(shown(browser.get(f"{link}?page=3"))) == 10


def test_names_variables_and_messages_are_shown_and_never_obeyed(browser, keys):
    for path in (f"instance/{keys['broken'][0]}", "incidents", "definitions", ""):
        page = browser.get(f"{browser.home}/instances/{path}".rstrip("/")).text
        assert "<script" not in page
    detail = browser.get(f"{browser.home}/instances/instance/{keys['broken'][0]}").text
    # Its name, its variable's name and value, and the message of its incident.
    assert unescape(unescape(detail)).count(HOSTILE) >= 3
    assert "1 with an incident" in detail


def test_an_incident_is_retried_and_comes_back_where_its_reason_still_is(browser, keys):
    page = f"{browser.home}/instances/instance/{keys['broken'][1]}"
    incident = re.findall(r'name="incident" value="(\d+)"', browser.get(page).text)[0]
    form = {"incident": incident, "from": "instance"}
    answer = browser.submit(page, f"{browser.home}/instances/retry", form)
    assert (answer.status, answer.headers["location"]) == (303, f"{page}?done=retried")
    after = browser.get(answer.headers["location"]).text
    assert "has one more try" in after
    assert re.findall(r'name="incident" value="(\d+)"', after) != [incident]
    assert browser.submit(page, f"{browser.home}/instances/retry", form).status == 404


def test_a_cluster_at_rest_shows_nothing_and_says_so(serve, tmp_path):
    served = serve(data_dir=tmp_path)
    browser = Browser(served)
    assert browser.submit(browser.home, f"{browser.home}/suspend", {}).status == 303
    for path in ("", "/incidents", "/definitions"):
        assert "Nothing to show" in browser.get(f"{browser.home}/instances{path}").text
