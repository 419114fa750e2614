"""Elements without a wait state: none events, undefined and manual tasks pass straight through."""

from c8py.engine.behaviors import transitions
from c8py.engine.processors.elements import moves
from c8py.engine.records import ProcessInstanceIntent
from c8py.engine.state.views import StateView
from c8py.engine.writers import ElementCommand, Writers


def activate(command: ElementCommand, view: StateView, out: Writers) -> None:
    """Activate and complete in one go."""
    element = moves.element_of(command, view)
    if moves.begin(command, element, view, out):
        out.event(ProcessInstanceIntent.ELEMENT_ACTIVATED, command.key, command.value)
        complete(command, view, out)


def complete(command: ElementCommand, view: StateView, out: Writers) -> None:
    """Complete, and leave by all flows."""
    element = moves.element_of(command, view)
    if moves.end(command, element, view, out):
        transitions.complete(command.key, command.value, element.outgoing, view, out)


def terminate(command: ElementCommand, view: StateView, out: Writers) -> None:
    """Only an incident can have kept it here."""
    moves.terminate(command, view, out)
