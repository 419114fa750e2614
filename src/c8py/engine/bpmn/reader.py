"""The door of this room: the bytes of a file become executable processes, or one rejection with all findings."""

from c8py.engine.bpmn.compiler import compile_process
from c8py.engine.bpmn.findings import Findings
from c8py.engine.bpmn.model import ExecutableProcess, Finding, ModelRejected
from c8py.engine.bpmn.validator import check_definitions, check_ids, is_executable
from c8py.engine.bpmn.xml_tree import Limits, XmlRefused, read_xml


def read(name: str, content: bytes, limits: Limits | None = None) -> list[ExecutableProcess]:
    """The executable processes of a BPMN file, in the order of the file; at least one.

    Args:
        name: of the file; only for messages.
        content: the file as it was sent.
        limits: how large it may be; None for those of `c8py.base.limits`.

    Raises:
        ModelRejected: it is no BPMN, breaks a rule, or uses something that is not supported yet; all findings at once.
    """
    try:
        root = read_xml(content, limits or Limits())
    except XmlRefused as refused:
        raise ModelRejected(name, (Finding(element_id="", line=refused.line, message=refused.message),)) from None
    findings = Findings()
    check_definitions(root, findings)
    check_ids(root, findings)
    processes = [compile_process(node, findings) for node in root.all("process") if is_executable(node)]
    if findings:
        raise findings.reject(name)
    return processes
