"""How a caught email looks in the browser; plain HTML that needs no script."""

import re
from datetime import UTC, datetime
from email.message import EmailMessage, MIMEPart
from html import escape
from typing import cast

LINK = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]]")
HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
NEW_TAB = '<base target="_blank">'

STYLE = """
:root { color-scheme: light dark; --ground: #fbf8f3; --card: #fff; --ink: #1d2b2a;
  --soft: #4a5a58; --teal: #0f4c4a; --pale: #e3efec; --line: #ddd5c8; --on-teal: #fff;
  --danger: #8a1f11; }
@media (prefers-color-scheme: dark) { :root { --ground: #14201f; --card: #1b2a29;
  --ink: #eef3f1; --soft: #b5c4c1; --teal: #8fd0c8; --pale: #223634; --line: #38504d;
  --on-teal: #10201f; --danger: #ffb4a6; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 60rem; background: var(--ground);
  color: var(--ink); font: 1.0625rem/1.55 system-ui, sans-serif; }
h1, h2 { font-family: "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, serif;
  color: var(--teal); line-height: 1.2; overflow-wrap: anywhere; }
h1 { margin: 0 0 .25rem; font-size: 2rem; }
h2 { margin: 2rem 0 .5rem; font-size: 1.25rem; }
a { color: var(--teal); text-underline-offset: .2em; }
:focus-visible { outline: 3px solid var(--teal); outline-offset: 2px; }
.soft, dt { color: var(--soft); }
.bar { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center;
  margin: 1rem 0 1.5rem; }
.bar form { margin-left: auto; }
.button { display: inline-flex; align-items: center; min-height: 44px; padding: .25rem 1rem;
  border: 1px solid var(--teal); border-radius: 10px; background: none; color: var(--teal);
  font: inherit; text-decoration: none; cursor: pointer; }
.button:hover { background: var(--pale); }
.danger { border-color: var(--danger); color: var(--danger); }
ol { list-style: none; margin: 0; padding: 0; border: 1px solid var(--line);
  border-radius: 10px; background: var(--card); overflow: hidden; }
li + li { border-top: 1px solid var(--line); }
li a { display: grid; grid-template-columns: 1fr auto; gap: 0 1rem; padding: .75rem 1rem;
  color: inherit; text-decoration: none; }
li a:hover { background: var(--pale); }
li strong { color: var(--teal); overflow-wrap: anywhere; }
li time { color: var(--soft); white-space: nowrap; }
.panel { padding: 1rem; border: 1px solid var(--line); border-radius: 10px;
  background: var(--card); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0; }
dd { margin: 0; overflow-wrap: anywhere; }
iframe { display: block; width: 100%; height: 40rem; border: 1px solid var(--line);
  border-radius: 10px; background: #fff; }
pre { margin: 0; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere;
  font: .9375rem/1.5 ui-monospace, monospace; }
"""


def html_page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>"
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css"></head>'
        f"<body><main>{body}</main></body></html>"
    )


def list_page(messages: list[tuple[str, EmailMessage]], *, total: int) -> str:
    """The messages, newest first, and how many there are in all."""
    count = "No messages" if not total else "1 message" if total == 1 else f"{total} messages"
    more = f", the newest {len(messages)} shown" if total > len(messages) else ""
    rows = "".join(mailbox_row(name, message) for name, message in messages)
    empty = '<p class="panel">Nothing yet. Book a time on the site, and its email lands here.</p>'
    return html_page(
        f"Mailbox: {count}",
        '<h1>Mailbox</h1><p class="soft">Every email of this site stays on this machine.</p>'
        f'<div class="bar"><span>{count}{more}</span><a class="button" href="/">Look again</a>'
        f"{delete_all() if total else ''}</div>{f'<ol>{rows}</ol>' if rows else empty}",
    )


def delete_all() -> str:
    return (
        '<form method="post" action="/delete-all">'
        '<button class="button danger">Delete all messages</button></form>'
    )


def mailbox_row(name: str, message: EmailMessage) -> str:
    """One message in the list."""
    return (
        f'<li><a href="/message/{name}"><strong>{message_subject(message)}</strong>'
        f"{arrival_time(name)}"
        f'<span class="soft">To {message_header(message, "To")}</span></a></li>'
    )


def message_page(name: str, message: EmailMessage) -> str:
    """One message: who, when, the HTML part in a closed frame, the text, what is attached."""
    fields = [
        (label, text)
        for label in ("From", "To", "Cc", "Delivered-To", "Reply-To", "Date", "Message-ID")
        if (text := message_header(message, label))
    ]
    facts = "".join(f"<dt>{label}</dt><dd>{text}</dd>" for label, text in fields)
    return html_page(
        str(message.get("Subject", "")) or "(no subject)",
        '<p><a href="/">All messages</a></p>'
        f'<h1>{message_subject(message)}</h1><dl class="panel">{facts}</dl>'
        f"{html_frame(name, message)}{text_panel(message)}{attachments(name, message)}"
        f'<p><a href="/message/{name}/source">Source of this message</a></p>',
    )


def html_frame(name: str, message: EmailMessage) -> str:
    if not message.get_body(("html",)):
        return ""
    return (
        f'<h2>As HTML</h2><iframe title="The message as HTML" src="/message/{name}/html" '
        'sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>'
    )


def text_panel(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    return (
        f'<h2>As text</h2><div class="panel"><pre>{link_addresses(part_text(body))}</pre></div>'
        * bool(body)
    )


def attachments(name: str, message: EmailMessage) -> str:
    """What is attached: always to download, and to read where it is text."""
    return "".join(
        attachment_panel(f"/message/{name}/attachment/{number}", part, number)
        for number, part in enumerate(attachment_parts(message))
    )


def attachment_parts(message: EmailMessage) -> list[MIMEPart]:
    """Every part that is neither the HTML nor the text of the message."""
    bodies = [message.get_body(("html",)), message.get_body(("plain",))]
    parts = (part for part in message.walk() if not part.is_multipart())
    return [part for part in parts if not any(part is body for body in bodies)]


def attachment_panel(address: str, part: MIMEPart, number: int) -> str:
    shown = f"<pre>{escape(part_text(part))}</pre>" if part.get_content_maintype() == "text" else ""
    return (
        f"<h2>Attached: {escape(filename(part, number))}</h2>"
        f'<div class="panel"><p><a class="button" href="{address}" download>Download</a> '
        f'<span class="soft">{escape(part.get_content_type())}</span></p>{shown}</div>'
    )


def html_part(message: EmailMessage) -> str:
    """The HTML part on its own; its links open in a new tab."""
    html = part_text(message.get_body(("html",)))
    head = HEAD.search(html)
    end = head.end() if head else 0
    return html[:end] + NEW_TAB + html[end:] if head else html + NEW_TAB


def trouble_page(text: str) -> str:
    return html_page(
        "Mailbox", f'<h1>Mailbox</h1><p>{escape(text)}</p><p><a href="/">All messages</a></p>'
    )


def filename(part: MIMEPart, number: int) -> str:
    return part.get_filename() or f"attachment-{number + 1}"


def part_text(part: MIMEPart | None) -> str:
    """A part as text, whatever bytes it holds."""
    if part is None:
        return ""
    raw = cast(bytes, part.get_payload(decode=True) or b"").replace(b"\r\n", b"\n")
    try:
        return raw.decode(part.get_content_charset("utf-8"), errors="replace")
    except LookupError:
        return raw.decode(errors="replace")


def link_addresses(text: str) -> str:
    """Escaped text whose web addresses can be clicked."""
    parts, end = [], 0
    for found in LINK.finditer(text):
        address = escape(found.group())
        parts.append(escape(text[end : found.start()]))
        parts.append(f'<a href="{address}" target="_blank" rel="noreferrer">{address}</a>')
        end = found.end()
    return "".join(parts) + escape(text[end:])


def message_subject(message: EmailMessage) -> str:
    return message_header(message, "Subject") or "(no subject)"


def message_header(message: EmailMessage, name: str) -> str:
    return escape(", ".join(str(value) for value in message.get_all(name, [])))


def arrival_time(name: str) -> str:
    """When the message came, by this machine's clock and time zone."""
    at = (
        datetime.strptime(name.split("-", maxsplit=1)[0], "%Y%m%dT%H%M%S%fZ")
        .replace(tzinfo=UTC)
        .astimezone()
    )
    return f'<time datetime="{at.isoformat()}">{at:%b} {at.day}, {at:%H:%M}</time>'
