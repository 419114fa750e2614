"""What has happened and what is, ready to be searched: rows in SQLite, written in the transaction of the log.

`Queries` may be used from any thread. The rows are as of the last commit.
"""

from c8py.engine.readmodel.queries import Queries
from c8py.engine.readmodel.rows import (
    ElementInstanceRow,
    IncidentRow,
    JobRow,
    ProcessDefinitionRow,
    ProcessInstanceRow,
    VariableRow,
)
from c8py.engine.readmodel.search import (
    Condition,
    Filter,
    Operator,
    Page,
    Result,
    Scalar,
    Search,
    SearchRefused,
    Sort,
    VariableCondition,
)

__all__ = [
    "Condition",
    "ElementInstanceRow",
    "Filter",
    "IncidentRow",
    "JobRow",
    "Operator",
    "Page",
    "ProcessDefinitionRow",
    "ProcessInstanceRow",
    "Queries",
    "Result",
    "Scalar",
    "Search",
    "SearchRefused",
    "Sort",
    "VariableCondition",
    "VariableRow",
]
