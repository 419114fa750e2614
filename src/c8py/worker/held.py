"""One job that a worker holds, from its coming to its report: what changes about it meanwhile."""

from c8py.models.job import ActivatedJobResult
from c8py.worker.cancellation import Cancellation
from c8py.worker.registry import Task


class Held:
    """A job in the worker's hands.

    Attributes:
        task: whose job it is.
        job: as the cluster gave it.
        deadline_s: when it may be given to somebody else, on the monotonic clock; a heartbeat moves it.
        started: whether its handler was called.
        ended: whether its handler is through.
        overdue: whether it was said that the deadline has passed.
        beats: whether an extension of the deadline is under way.
        cancellation: of its handler.
    """

    __slots__ = ("beats", "cancellation", "deadline_s", "ended", "job", "overdue", "started", "task")

    def __init__(self, task: Task, job: ActivatedJobResult, deadline_s: float) -> None:
        self.task = task
        self.job = job
        self.deadline_s = deadline_s
        self.started = self.ended = self.overdue = self.beats = False
        self.cancellation = Cancellation()

    @property
    def running(self) -> bool:
        """Whether its handler is running now."""
        return self.started and not self.ended
