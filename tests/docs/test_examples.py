"""The page about the examples shows what is in them."""

import json
import re
import textwrap

from harness.processes import ROOT

PAGE = ROOT / "docs" / "how-to" / "use-it-in-a-program.md"
EXAMPLES = ROOT / "examples"


def whole(text: str) -> str:
    """Without indentation, so that a part of a function is found in it."""
    return "\n".join(line.strip() for line in textwrap.dedent(text).strip().splitlines())


def test_what_the_page_shows_stands_in_the_example_that_it_names():
    notebook = json.loads((EXAMPLES / "notebook.ipynb").read_text())
    cells = "\n".join("".join(cell["source"]) for cell in notebook["cells"])
    sources = {path.name: path.read_text() for path in EXAMPLES.glob("*.py")} | {"notebook.ipynb": cells}
    shown = 0
    for section in PAGE.read_text().split("\n## ")[1:]:
        name = re.findall(r"`examples/([\w.]+)`", section)[0]
        for code in re.findall(r"```python\n(.*?)```", section, re.DOTALL):
            assert whole(code) in whole(sources[name]), (name, code)
            shown += 1
    assert shown == 5
