"""The REST API as msgspec structs: one module for each tag of the API, `common` for what several tags share.

`from c8py.models.job import JobActivationRequest` loads the structs of jobs and no others; `operations` is the table of
all operations, `keys` the types of keys and ids. All but `_base` and `_operation` is printed by tools/gen_models.py,
which says by which rules. Requests: what is left out (UNSET) does not go over the wire. Responses: fields that the
server did not know are ignored, null ones may be absent, values of enums that are newer than this package survive.
"""
