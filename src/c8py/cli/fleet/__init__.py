"""Many processes of one worker: `fleet` keeps them, `member` is one seen from outside, `report` what it says of itself.

`state` and `vitals` tell of all of them. Used by `c8 work --processes` and `--reload`.
"""

from c8py.cli.fleet.fleet import Beside, Fleet

__all__ = ["Beside", "Fleet"]
