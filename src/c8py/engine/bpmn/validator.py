"""Checks of the tree that need no expression: ids, unknown elements and extensions, references. Only adds findings.

Called by `reader` and `compiler`; the rules of the graph stand in `rules`.
"""

import re
from collections.abc import Set as AbstractSet
from typing import Final

from c8py.engine.bpmn.findings import Findings
from c8py.engine.bpmn.vocabulary import MODELER_ATTRIBUTES, WITHOUT_EFFECT_IN_DEFINITIONS
from c8py.engine.bpmn.xml_tree import BPMN, Node

# Ids are XML names without a colon; the real engine's schema demands it.
_ID: Final = re.compile(r"[^\W\d][\w.\-·]*")
_TRUE: Final = ("true", "1")


def is_executable(process: Node) -> bool:
    """Whether a process is meant to run; the others in a file are drawings."""
    return process.attributes.get("isExecutable", "") in _TRUE


def check_definitions(root: Node, findings: Findings) -> None:
    """The outermost element is BPMN, and holds nothing unknown."""
    if root.tag != "definitions":
        findings.add(root, f"expected <definitions> of the namespace {BPMN}, but found <{root.tag}>")
        return
    for child in root.children:
        if child.tag != "process" and child.tag not in WITHOUT_EFFECT_IN_DEFINITIONS:
            findings.add(child, f"element <{child.tag}> is not supported yet; supported in a file: process")
    if not any(is_executable(process) for process in root.all("process")):
        findings.add(root, 'expected a process with isExecutable="true", but the file has none')


def check_ids(root: Node, findings: Findings) -> None:
    """No id stands twice in the file, and each is a valid one."""
    seen: dict[str, Node] = {}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting.extend(reversed(node.children))
        if "id" not in node.attributes or node.tag.startswith("zeebe:"):
            continue
        if (first := seen.setdefault(node.id, node)) is not node:
            findings.add(node, f"expected an id of its own, but '{node.id}' stands on line {first.line} already")
        if not _ID.fullmatch(node.id):
            findings.add(node, f"expected an id of letters, digits, '_', '-' and '.', but found '{node.id}'")


def check_id_present(node: Node, inside: str, findings: Findings) -> None:
    """An element that the engine knows by its id has one."""
    if "id" not in node.attributes:
        findings.add(node, f"expected <{node.tag}> to have an id, but it has none", inside=inside)


def check_children(node: Node, allowed: AbstractSet[str], findings: Findings, *, supported: str = "") -> None:
    """An element holds nothing that would be passed over.

    Args:
        node: the element.
        allowed: the children that are known; extension elements are checked by `check_extensions`.
        findings: receives what is wrong.
        supported: what the first message offers instead; "" to offer nothing.
    """
    offer = f"; supported: {supported}" if supported else ""
    for child in node.children:
        if child.tag in allowed or child.tag == "extensionElements":
            continue
        where = f" in <{node.tag}>" if node.tag != "process" else ""
        findings.add(child, f"element <{child.tag}>{where} is not supported yet{offer}", inside=node.id)
        offer = ""


def check_extensions(node: Node, allowed: AbstractSet[str], findings: Findings) -> None:
    """An element carries only extensions of Zeebe that are known, each at most once."""
    seen: set[str] = set()
    for extension in extensions(node):
        if extension.tag not in allowed:
            findings.add(extension, f"<{extension.tag}> on <{node.tag}> is not supported yet", inside=node.id)
        elif extension.tag in seen:
            message = f"expected <{extension.tag}> at most once on an element, but there are more"
            findings.add(extension, message, inside=node.id)
        seen.add(extension.tag)
    for attribute in node.attributes:
        if attribute.startswith("zeebe:") and attribute not in MODELER_ATTRIBUTES:
            findings.add(node, f"attribute '{attribute}' on <{node.tag}> is not supported yet")
    if node.attributes.get("isForCompensation", "") in _TRUE:
        findings.add(node, f"compensation (isForCompensation on <{node.tag}>) is not supported yet")


def extensions(node: Node) -> list[Node]:
    """The extension elements that an element carries."""
    return [extension for holder in node.all("extensionElements") for extension in holder.children]
