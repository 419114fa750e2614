"""Rules of forms with files."""

from email.parser import BytesParser
from email.policy import HTTP

from hypothesis import given
from hypothesis import strategies as st

from c8py.transport import Part, multipart

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)


@given(files=st.lists(st.tuples(NAMES, st.binary(max_size=50)), max_size=4), tenant=st.text("abc", max_size=5))
def test_contents_come_through_byte_by_byte(files, tenant):
    fields = [*(Part(name="resources", content=content, filename=name) for name, content in files)]
    content_type, body = multipart([*fields, Part(name="tenantId", content=tenant.encode())], boundary="b0undary")
    head = f"content-type: {content_type}\r\n\r\n".encode()
    parts = body.split(b"--b0undary")
    assert parts[0] == b""
    assert parts[-1] == b"--\r\n"
    assert [part.split(b"\r\n\r\n", 1)[1][:-2] for part in parts[1:-2]] == [content for _, content in files]
    assert parts[-2].split(b"\r\n\r\n", 1)[1][:-2].decode() == tenant
    assert BytesParser(policy=HTTP).parsebytes(head + body).is_multipart()


def test_a_name_cannot_break_out_of_its_header():
    _, body = multipart([Part(name="resources", content=b"", filename='a"\r\nx-evil: 1\0.bpmn')], boundary="b")
    assert b'filename="a%22%0D%0Ax-evil: 1.bpmn"' in body


def test_a_part_may_carry_headers_of_its_own():
    part = Part(name="f", content=b"{}", content_type="application/json", headers=(("x-more", "a\r\nb"),))
    _, body = multipart([part], boundary="b")
    assert b"content-type: application/json\r\nx-more: a  b\r\n\r\n{}" in body
