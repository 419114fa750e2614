"""The two ways in which an expression can fail: its text makes no sense, or its evaluation does not.

Both are facts about the user's model: deployment turns the first into a finding, the processors turn the second into an
incident. They never leave the engine as exceptions.
"""


class ParseFailure(ValueError):  # noqa: N818  named like its sibling; it is a finding, not an error of ours
    """The text is no FEEL expression, or uses a part of FEEL that is not supported yet.

    Args:
        message: what was expected, and what stands there.
        position: offset of the first character that does not fit, from 0.
    """

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


class EvaluationFailure(ValueError):  # noqa: N818  an incident, not an error of ours
    """The expression gave no value, one of another type than its place needs, or took too much to evaluate.

    Args:
        message: becomes the text of the incident.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
