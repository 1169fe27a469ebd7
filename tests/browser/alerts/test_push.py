"""A counselor turns alerts on in a real browser, and its worker shows what was sent."""

import json

from playwright.sync_api import expect

from tests.admissions.alerts.push_service import Browser

from ..test_staff import be_signed_in, faults_of

# Chromium's own push service is on the internet: it alone is played, with keys of ours.
SUBSCRIBE = """keys => {
  PushManager.prototype.subscribe = async function (options) {
    if (options.applicationServerKey.length !== 87) throw new Error("no key of a site");
    return { toJSON: () => keys };
  };
}"""
SHOWN = """async () => {
  const worker = await navigator.serviceWorker.getRegistration("/push/");
  const shown = await worker.getNotifications();
  return shown.map((each) => [each.title, each.tag, each.data]);
}"""
TOLD = {
    "title": "Someone must act now",
    "body": "Please open the desk.",
    "tag": "1",
    "path": "/admin/alerts/open/1/",
    "stays": True,
}


def test_alerts_are_turned_on_and_shown_without_a_page_of_ours(visit):
    page, given = visit(permissions=["notifications"]), Browser(path="browser").subscription
    keys = {"p256dh": given["public_key"], "auth": given["auth_secret"]}
    subscription = json.dumps({"endpoint": given["endpoint"], "keys": keys})
    page.add_init_script(f"({SUBSCRIBE})({subscription})")
    be_signed_in(page, "rosa")
    cdp, workers = page.context.new_cdp_session(page), []
    cdp.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda each: workers.extend(each["registrations"]),
    )
    cdp.send("ServiceWorker.enable")

    page.goto("/admin/alerts/")
    assert faults_of(page) == []
    page.get_by_role("button", name="Turn on for this device").click()
    expect(page.get_by_text("Alerts come to this device now.")).to_be_visible()
    expect(page.get_by_text("This one")).to_be_visible()

    found = {"origin": page.url.split("/admin")[0], "registrationId": workers[-1]["registrationId"]}
    for _copy in range(2):
        cdp.send("ServiceWorker.deliverPushMessage", found | {"data": json.dumps(TOLD)})
    page.wait_for_function(f"async () => (await ({SHOWN})()).length")
    assert page.evaluate(SHOWN) == [["Someone must act now", "1", "/admin/alerts/open/1/"]]
    assert page.evaluate("navigator.serviceWorker.controller") is None
    assert workers[-1]["scopeURL"].endswith("/push/")
