"""BPMN: a file becomes executable processes, or a list of everything that is wrong with it.

Owns reading the XML, checking it, and compiling it to the graph that the engine runs. Knows no engine state. Called by
the deployment processor: `read(name, content)`.
"""

from c8py.engine.bpmn.model import Element as Element
from c8py.engine.bpmn.model import ExecutableProcess as ExecutableProcess
from c8py.engine.bpmn.model import Finding as Finding
from c8py.engine.bpmn.model import IoMapping as IoMapping
from c8py.engine.bpmn.model import JobDefinition as JobDefinition
from c8py.engine.bpmn.model import ModelRejected as ModelRejected
from c8py.engine.bpmn.model import SequenceFlow as SequenceFlow
from c8py.engine.bpmn.reader import read as read
from c8py.engine.bpmn.xml_tree import Limits as Limits

__all__ = [
    "Element",
    "ExecutableProcess",
    "Finding",
    "IoMapping",
    "JobDefinition",
    "Limits",
    "ModelRejected",
    "SequenceFlow",
    "read",
]
