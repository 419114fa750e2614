"""What elements do when they are activated, completed, terminated: one module a kind, one table over all."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from c8py.engine.processors.elements import exclusive_gateway, pass_through, process, service_task
from c8py.engine.records import ElementType, ProcessInstanceIntent
from c8py.engine.state.views import StateView
from c8py.engine.writers import ElementCommand, Writers

Step = Callable[[ElementCommand, StateView, Writers], None]


class Steps(NamedTuple):
    """The three things that can be asked of an element."""

    activate: Step
    complete: Step
    terminate: Step


_PASSING: Final = Steps(pass_through.activate, pass_through.complete, pass_through.terminate)

ELEMENTS: Final[Mapping[ElementType, Steps]] = {
    ElementType.PROCESS: Steps(process.activate, process.complete, process.terminate),
    ElementType.START_EVENT: _PASSING,
    ElementType.END_EVENT: _PASSING,
    ElementType.INTERMEDIATE_THROW_EVENT: _PASSING,
    ElementType.TASK: _PASSING,
    ElementType.MANUAL_TASK: _PASSING,
    ElementType.SERVICE_TASK: Steps(service_task.activate, service_task.complete, service_task.terminate),
    ElementType.EXCLUSIVE_GATEWAY: Steps(
        exclusive_gateway.activate, exclusive_gateway.complete, exclusive_gateway.terminate
    ),
}


def step(command: ElementCommand, view: StateView, out: Writers) -> None:
    """Do what the command asks, if the element is still in a state for it."""
    steps = ELEMENTS[command.value.element_type]
    instance = view.elements.get(command.key)
    state = None if instance is None else instance.state
    if command.intent is ProcessInstanceIntent.ACTIVATE_ELEMENT:
        if state is None or state is ProcessInstanceIntent.ELEMENT_ACTIVATING:
            steps.activate(command, view, out)
    elif state is None or state is ProcessInstanceIntent.ELEMENT_TERMINATING:
        return
    elif command.intent is ProcessInstanceIntent.COMPLETE_ELEMENT:
        steps.complete(command, view, out)
    else:
        steps.terminate(command, view, out)
