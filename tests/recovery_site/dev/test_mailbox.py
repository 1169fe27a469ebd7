"""The mailbox keeps what it catches, shows it safely, and answers only this machine."""

import http.client
import re
import smtplib
import subprocess
import sys
from email.message import EmailMessage

import pytest

from recovery_site.dev import processes, startup

CALENDAR = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


def open_mailbox(folder):
    """A mailbox process with its SMTP and web ports."""
    smtp, web = processes.free_port(), processes.free_port()
    command = [
        sys.executable, "-m", "recovery_site.dev.mailbox",
        "--smtp-port", str(smtp), "--web-port", str(web), "--folder", str(folder),
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=startup.BASE_DIR)
    assert processes.wait_until(lambda: startup.is_serving(web), within=20)
    return process, smtp, web


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory):
    """The folder, the SMTP port and the web port of one mailbox."""
    folder = tmp_path_factory.mktemp("mail")
    process, smtp, web = open_mailbox(folder)
    yield folder, smtp, web
    process.terminate()
    process.wait(10)


@pytest.fixture
def empty(mailbox):
    folder, *_ = mailbox
    for path in folder.glob("*.eml"):
        path.unlink()
    return mailbox


def letter(subject="Your appointment", html="<p>See you <b>soon</b></p>"):
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "appointments@er-office.example"
    message["To"] = "Zoë <zoe@example.net>"
    message.set_content("Change it: http://127.0.0.1:8000/manage/abc?x=1&y=2.\n<script>no</script>")
    message.add_alternative(html, subtype="html")
    message.add_attachment(CALENDAR, subtype="calendar", filename="appointment.ics")
    return message


def post(smtp, message):
    with smtplib.SMTP("127.0.0.1", smtp) as server:
        server.send_message(message, to_addrs=["zoe@example.net"])


def ask(web, path="/", method="GET", **headers):
    """Status, headers and text of one answer."""
    connection = http.client.HTTPConnection("127.0.0.1", web, timeout=5)
    connection.request(method, path, headers={name.title(): text for name, text in headers.items()})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers, text


def newest(web):
    return re.search(r"/message/[^\"]+", ask(web)[2]).group()


def test_messages_are_listed_newest_first(empty):
    _, smtp, web = empty
    for subject in ("First", "Second"):
        post(smtp, letter(subject))

    assert re.findall(r"<strong>(.*?)</strong>", ask(web)[2]) == ["Second", "First"]


def test_message_shows_text_with_links_and_without_markup(empty):
    _, smtp, web = empty
    post(smtp, letter())

    text = re.search(r"<pre>(.*?)</pre>", ask(web, newest(web))[2], re.DOTALL).group(1)

    assert text.strip() == (
        'Change it: <a href="http://127.0.0.1:8000/manage/abc?x=1&amp;y=2" target="_blank" '
        'rel="noreferrer">http://127.0.0.1:8000/manage/abc?x=1&amp;y=2</a>.\n'
        "&lt;script&gt;no&lt;/script&gt;"
    )


@pytest.mark.parametrize("path", ["", "/"])
def test_subject_cannot_bring_markup(empty, path):
    _, smtp, web = empty
    post(smtp, letter("<img src=x onerror=alert(1)>"))

    assert "<img" not in ask(web, newest(web) if path else "/")[2]


def test_html_part_is_shown_without_script_or_anything_remote(empty):
    _, smtp, web = empty
    post(smtp, letter())

    _, headers, html = ask(web, newest(web) + "/html")

    assert "<p>See you <b>soon</b></p>" in html
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    )


def test_frame_of_the_html_part_is_sandboxed(empty):
    _, smtp, web = empty
    post(smtp, letter())

    frame = re.search(r"<iframe[^>]*>", ask(web, newest(web))[2]).group()

    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame


def test_invitation_can_be_read_and_downloaded(empty):
    _, smtp, web = empty
    post(smtp, letter())
    message = newest(web)

    _, headers, content = ask(web, message + "/attachment/0")

    assert "BEGIN:VCALENDAR" in ask(web, message)[2]
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''appointment.ics"
    assert content.split() == CALENDAR.split()


def test_messages_survive_a_restart(empty):
    folder, smtp, _ = empty
    post(smtp, letter("Kept"))

    process, _, web = open_mailbox(folder)
    page = ask(web)[2]
    process.kill()
    process.wait()

    assert re.findall(r"<strong>(.*?)</strong>", page) == ["Kept"]


def test_kept_file_is_a_whole_message_with_its_recipient(empty):
    folder, smtp, _ = empty
    post(smtp, letter())

    lines = next(folder.glob("*.eml")).read_text().splitlines()

    assert lines[:2] == [
        "Return-Path: <appointments@er-office.example>",
        "Delivered-To: zoe@example.net",
    ]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", ""])
def test_foreign_host_name_is_refused(mailbox, host):
    assert ask(mailbox[2], host=host)[0] == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
def test_foreign_page_cannot_delete(empty, origin):
    folder, smtp, web = empty
    post(smtp, letter())

    status, *_ = ask(web, "/delete-all", "POST", origin=origin)

    assert (status, len(list(folder.glob("*.eml")))) == (403, 1)


def test_our_own_page_deletes_all(empty):
    folder, smtp, web = empty
    post(smtp, letter())

    status, headers, _ = ask(web, "/delete-all", "POST", origin=f"http://127.0.0.1:{web}")

    assert (status, headers["Location"], list(folder.glob("*.eml"))) == (303, "/", [])


def test_get_deletes_nothing(empty):
    folder, smtp, web = empty
    post(smtp, letter())

    assert (ask(web, "/delete-all")[0], len(list(folder.glob("*.eml")))) == (404, 1)


@pytest.mark.parametrize(
    "path", ["/message/../../kept.json", "/message/%2e%2e%2fkept", "/message/x", "/elsewhere"]
)
def test_path_outside_the_mailbox_is_not_found(mailbox, path):
    folder, _, web = mailbox
    (folder.parent / "kept.eml").write_text("Subject: secret\n\n")

    assert ask(web, path)[0] == 404


def test_attachment_that_is_not_there_is_not_found(empty):
    _, smtp, web = empty
    post(smtp, letter())

    assert ask(web, newest(web) + "/attachment/7")[0] == 404
