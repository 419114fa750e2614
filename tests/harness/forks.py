"""What happens in a fork: a script runs in an interpreter of its own, forks in the middle, and its child speaks."""

import sys
import textwrap

from harness.processes import ROOT, must

DEADLINE_S = 30

_SCRIPT = """\
import os, sys, threading, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of forks beside threads, which is the point
{imports}
{before}
child = os.fork()
if child == 0:
    try:
{child}
    finally:
        sys.stdout.flush()
        os._exit(0)
os.waitpid(child, 0)
{after}
"""


def forked(*, before: str, child: str, imports: str = "", after: str = "") -> str:
    """What the child prints.

    Args:
        before: what the parent does before it forks.
        child: what the child does.
        imports: of the script; os, sys and threading are there.
        after: what the parent does once the child has ended.
    """
    parts = {"imports": imports, "before": before, "after": after}
    script = _SCRIPT.format(
        child=textwrap.indent(textwrap.dedent(child), " " * 8),
        **{name: textwrap.dedent(part) for name, part in parts.items()},
    )
    return must(
        [sys.executable, "-c", script],
        environment={"PYTHONPATH": str(ROOT / "src"), "GRPC_VERBOSITY": "NONE"},
        deadline_s=DEADLINE_S,
    ).strip()
