"""The list of everything wrong with a file, as it grows while the file is read."""

from c8py.base.limits import MODEL_FINDING_CHARS_MAX, MODEL_FINDINGS_MAX
from c8py.engine.bpmn.model import Finding, ModelRejected
from c8py.engine.bpmn.xml_tree import Node


class Findings:
    """Collects findings, so that a person who deploys sees them all at once."""

    def __init__(self) -> None:
        self._found: list[Finding] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, node: Node, message: str, *, inside: str = "") -> None:
        """Note what is wrong with an element.

        Args:
            node: the element; its line is the finding's.
            message: what was expected, and what stands there.
            inside: id of the element around it, for one that has no id.
        """
        element_id = _cut(node.id or inside, MODEL_FINDING_CHARS_MAX // 4)
        self._found.append(
            Finding(element_id=element_id, line=node.line, message=_cut(message, MODEL_FINDING_CHARS_MAX))
        )

    def reject(self, name: str) -> ModelRejected:
        """The rejection of the file of this name, its findings in the order of the file."""
        in_order = sorted(self._found, key=lambda finding: finding.line)
        shown, hidden = in_order[:MODEL_FINDINGS_MAX], in_order[MODEL_FINDINGS_MAX:]
        if hidden:
            shown.append(Finding(element_id="", line=0, message=f"and {len(hidden)} more findings"))
        return ModelRejected(name, tuple(shown))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
