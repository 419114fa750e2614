from xml.etree import ElementTree as ET

import pytest

from c8py.simulation import POLICIES, Scenario, draw, duration, simulate


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.25, "0.2 s"),
        (9.96, "10.0 s"),
        (42.4, "42 s"),
        (59.7, "1 min"),
        (543, "9 min 3 s"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (7199, "2 h"),
    ],
)
def test_durations_are_said_as_a_person_says_them(seconds, said):
    assert duration(seconds) == said


def test_the_picture_is_a_picture_that_says_the_numbers():
    scenario = Scenario(hosts=12, burst=2, block_after=3)
    simulated = [simulate(scenario, policy) for policy in POLICIES]
    text = draw(scenario, simulated)
    root = ET.fromstring(text)
    assert root.tag.endswith("svg")
    words = " ".join(element.text or "" for element in root.iter() if element.tag.endswith("text"))
    assert "12 hosts with 1 process each start behind one address" in words
    assert "1 request, 0 refused, 0 blocks" in words
    for one in simulated:
        assert f"{one.outcome.refusals:,} refused" in words
        assert one.outcome.policy in words


def test_nothing_is_drawn_outside_the_picture():
    scenario = Scenario(hosts=30, processes=3, horizon_s=300.0)
    root = ET.fromstring(draw(scenario, [simulate(scenario, policy) for policy in POLICIES]))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for rect in (element for element in root.iter() if element.tag.endswith("rect")):
        x, y = float(rect.attrib.get("x", 0)), float(rect.attrib.get("y", 0))
        assert -1 <= x <= width
        assert -1 <= y <= height
        assert x + float(rect.attrib["width"]) <= width + 1
        assert y + float(rect.attrib["height"]) <= height + 1
