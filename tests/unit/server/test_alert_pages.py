"""The page of alerts, and their whole way from an incident to a webhook."""

import hashlib
import hmac
import json
import time

from unit.server.test_instance_pages import TASK, Rest
from unit.server.test_sign_in import Browser

DEADLINE_S = 30.0


def test_a_webhook_made_on_the_page_hears_of_a_real_incident(serve, hook):
    served = serve(webhooks_private=True)
    browser, rest = Browser(served), Rest(served)
    page = f"{browser.home}/alerts"
    assert browser.send(page, page, {"kind": "webhook", "url": hook.url, "secret": "s"}).status == 303
    shown = browser.get(page).text
    assert "/hook?x=1" not in shown
    assert "signed" in shown
    rest.deploy("broken", TASK.format(id="broken", name="Broken", type="=nothing.there"))
    key = rest.start("broken")
    deadline_s = time.monotonic() + DEADLINE_S
    while not hook.seen:
        assert time.monotonic() < deadline_s, browser.get(page).text
        time.sleep(0.05)
    _, headers, body = hook.seen[0]
    assert headers["X-Camunda-Signature-256"] == hmac.new(b"s", body, hashlib.sha256).hexdigest()
    assert [one["processInstanceId"] for one in json.loads(body)["alerts"]] == [key]


def test_without_a_mail_server_the_page_says_so(serve):
    browser = Browser(serve())
    page = f"{browser.home}/alerts"
    assert "no mail server" in browser.get(page).text
    assert browser.send(page, page, {"kind": "email"}).status == 409


def test_the_page_deletes_and_writes_what_was_done_into_the_log(serve):
    browser = Browser(serve())
    page = f"{browser.home}/alerts"
    browser.send(page, page, {"kind": "webhook", "url": "https://hooks.example/secret-part"})
    alert = browser.get(page).text.split('name="alert" value="')[1].partition('"')[0]
    assert browser.send(page, f"{page}/delete", {"alert": alert}).status == 303
    assert browser.send(page, f"{page}/delete", {"alert": alert}).status == 404
    log = browser.get(f"{browser.organization}/activity").text
    assert "deleted the alert to https://hooks.example" in log
    assert "secret-part" not in log


def test_who_may_not_see_secrets_sees_no_alerts(serve):
    served = serve()
    owner, visitor = Browser(served), Browser(served)
    owner.join(served.addresses.owner_url, "ada@example.org")
    visitor.join(owner.invite("vi@example.org", "visitor"))
    assert visitor.get(f"{visitor.home}/alerts").status == 403
    assert "Alerts" not in visitor.get(visitor.home).text
