"""Plays one hostile visit after the other; what each does is drawn from a seed."""

import time
from dataclasses import dataclass, field
from random import Random
from urllib.parse import quote, urlencode

from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tests.support.visitor import CALLBACK, DETAILS, FormReader, PageForm, Visitor, url

from . import values

# Pages with a form, or that are worth nothing without a session.
PAGES = [
    "details", "details", "details", "request_callback", "request_callback", "choose_time",
    "booked", "callback_requested", "before_the_call", "finished", "manage", "move_consultation",
    "cancel_consultation", "rebook", "change_contact_plan", "unsubscribe",
]  # fmt: skip
OPEN_PAGES = {"details", "request_callback", "choose_time", "before_the_call", "finished"}
OTHER_PAGES = ["/programs/guide/", "/admin/login/"]
# Seconds of CPU that one request may take; a sign-in hashes a password on purpose.
CPU_SECONDS = 2.0
LONGEST_STORY = 300


@dataclass
class Player:
    """A few browsers at once; `findings` holds what must never come back."""

    seed: int
    times: list[str]  # starts that are offered
    managing: list[Client]  # browsers that have opened the link of a request
    number: int = 0
    answered: dict[int, int] = field(default_factory=dict)  # how often each status came
    findings: list[str] = field(default_factory=list)

    def play(self) -> None:
        """One visit: a form of a page sent spoiled, or an address that nobody leads to."""
        self.number += 1
        self.luck = Random(f"{self.seed}:{self.number}")  # noqa: S311  repeats itself
        if self.chance(0.25):
            self.stray(self.browser(0.4))
        else:
            self.fill_in()

    def browser(self, share: float) -> Client:
        """So often one in which someone opened the link of a letter, else a new one."""
        return self.luck.choice(self.managing) if self.chance(share) else Visitor()

    def chance(self, share: float) -> bool:
        return self.luck.random() < share

    def hostile(self) -> str:
        return self.luck.choice(values.HOSTILE)

    # What is sent

    def stray(self, browser: Client) -> None:
        path = self.luck.choice(values.PATHS)
        while "{}" in path:
            # A letter that is half of a pair cannot be quoted; servers hand on bytes.
            path = path.replace("{}", quote(self.hostile()[:3000], errors="replace"), 1)
        if self.chance(0.5):
            asked = {self.luck.choice(values.QUERIES): self.hostile()[:1500] for _ in range(2)}
            path += f"{'&' if '?' in path else '?'}{urlencode(asked, errors='replace')}"
        body, kind = self.luck.choice(values.BODIES)
        self.send(browser, self.luck.choice(values.METHODS), path, body, kind)

    def fill_in(self) -> None:
        name = self.luck.choice(PAGES)
        browser = self.browser(0.3 if name in OPEN_PAGES else 0.9)
        address = self.address_of(name)
        page = self.send(browser, "GET", address, b"", "")
        forms = FormReader(page.content.decode(errors="replace")).forms if page else []
        if not forms:
            return
        form = self.luck.choice(forms)
        sent = self.spoil(self.filled(form))
        body, kind = self.encode(sent)
        times = 2 if self.chance(0.1) else 1
        for _again in range(times):
            self.send(browser, "POST", form.action or address, body, kind)

    def address_of(self, name: str) -> str:
        if self.chance(0.1):
            return self.luck.choice(OTHER_PAGES)
        at = f"?at={self.luck.choice(self.times)}&mode=phone" if name == "details" else ""
        with translation.override("es" if self.chance(0.2) else "en"):
            return reverse(f"admissions:{name}") + at

    def filled(self, form: PageForm) -> dict:
        """As a person would send it."""
        typed = form.values | {
            name: answer for name, answer in (CALLBACK | DETAILS).items() if "key" in form.values
        }
        if self.chance(0.5) and "email" in form.values:
            typed |= {"email": f"jo{self.number}@example.com"}
        if form.buttons and self.chance(0.8):
            typed |= [self.luck.choice(form.buttons)]
        return typed

    def spoil(self, typed: dict) -> list[tuple[str, str]]:
        """Up to three answers are hostile, missing, twice there or never asked for."""
        sent = list(typed.items())
        for _spoiled in range(self.luck.choice([0, 1, 1, 1, 2, 3])):
            act = self.luck.choice(["replace", "replace", "replace", "drop", "twice", "unasked"])
            if act == "unasked" or not sent:
                sent.append((self.luck.choice(values.UNASKED), self.hostile()))
                continue
            place = self.luck.randrange(len(sent))
            name, _value = sent[place]
            if act == "replace":
                sent[place] = (name, self.hostile())
            elif act == "drop":
                del sent[place]
            else:
                sent.append((name, self.hostile()))
        return sent

    def encode(self, sent: list[tuple[str, str]]) -> tuple[bytes, str]:
        if self.chance(0.05):
            return self.luck.choice(values.BODIES)
        encoded = urlencode(sent, errors="surrogatepass").encode()
        if self.chance(0.8):
            return encoded, "application/x-www-form-urlencoded"
        parts = b"".join(
            b'--zq\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
            % (name.encode(), text.encode(errors="surrogatepass"))
            for name, text in sent
        )
        return parts + b"--zq--\r\n", "multipart/form-data; boundary=zq"

    def headers(self) -> dict[str, str]:
        """Mostly none; else two as a server hands them on: Latin letters in one line."""
        if self.chance(0.8):
            return {}
        chosen = self.luck.sample(values.HEADERS, 2)
        return {name: as_header(self.hostile()) for name in chosen}

    # What comes back

    def send(
        self, browser: Client, method: str, path: str, body: bytes, kind: str
    ) -> HttpResponse | None:
        """The answer, once it is judged; None where there was none."""
        headers = self.headers() if method != "GET" or self.chance(0.3) else {}
        if self.chance(0.05):
            headers["Cookie"] = f"{self.luck.choice(values.COOKIES)}={as_header(self.hostile())}"
        story = f"{self.number}: {method} {path} {headers} {kind} {body!r}"
        begun = time.thread_time()
        try:
            with transaction.atomic():
                answer = browser.generic(method, path, body, content_type=kind, headers=headers)
        except Exception as fault:
            self.find(f"raised {fault!r}", story)
            return None
        self.judge(answer, time.thread_time() - begun, story)
        return answer

    def judge(self, answer: HttpResponse, seconds: float, story: str) -> None:
        self.answered[answer.status_code] = self.answered.get(answer.status_code, 0) + 1
        # Nobody beats while these tests run, and that page says so.
        is_status = answer.status_code == 503 and answer.request["PATH_INFO"] == "/statusz/"
        if answer.status_code >= 500 and not is_status:
            self.find(f"answered {answer.status_code}", story)
        if seconds > CPU_SECONDS:
            self.find(f"took {seconds:.1f} s of CPU", story)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if b"<zqfuzz" in content:
            self.find("repeated markup", story)
        if b"Traceback" in content:
            self.find("showed a traceback", story)
        if "evil.example" in answer.headers.get("Location", "").partition("?")[0]:
            self.find("led elsewhere", story)
        if connection.needs_rollback:
            self.find("left the transaction broken", story)

    def find(self, what: str, story: str) -> None:
        self.findings.append(f"{what}, {story[:LONGEST_STORY]}")


def as_header(text: str) -> str:
    """What a server takes for the value of a header."""
    plain = text.encode("latin-1", "replace").decode("latin-1")
    return plain.translate({ord(each): " " for each in "\r\n\x00"})[:4000]


def open_times() -> list[str]:
    return Visitor().get(f"{url('open_times')}?mode=phone").json()["times"]
