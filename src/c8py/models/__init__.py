"""The REST API as msgspec structs: one module for each tag of the API, `common` for what several tags share.

`from c8py.models.job import JobActivationRequest` loads the structs of jobs and no others; `operations` is the table of
all operations, `keys` the types of keys and ids. All but `_base`, `_operation` and `_wire` is printed by
tools/gen_models.py, which says by which rules. Requests: what is left out (UNSET) does not go over the wire. Responses:
null fields may be absent, values of enums that are newer than this package survive, and so do fields that it does not
know: `unknown_members` has them, `encode` and `decode` keep them.
"""

from c8py.models._wire import decode, encode, unknown_members

__all__ = ["decode", "encode", "unknown_members"]
