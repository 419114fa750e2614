"""The four voices of a processor: event, command, rejection, response; and what is to be done after the commit."""

from c8py.engine.writers.streams import JobStream, JobStreams, Push
from c8py.engine.writers.voices import ElementCommand, Mark, Wait, Writers

__all__ = ["ElementCommand", "JobStream", "JobStreams", "Mark", "Push", "Wait", "Writers"]
