"""A mail server that refuses, hangs, is slow or cuts us off; and letters that must not go."""

from admissions.intake.models import ConsultationRequest
from admissions.messaging.delivery import MAX_CRASHES
from tests.support.mail_server import HANG, HANG_UP

from .proof import test_promise_breaks_without_its_guard, test_promise_holds  # noqa: F401
from .stage import FOR_EVER, UNBOUNDED, Case

SLOW = 1.5


def refuse(stage, times):
    """Nobody listens, until so many connections were refused."""
    stage.sink.refuse()
    stage.people.book(2)
    stage.until(lambda: stage.tries() >= times)
    stage.sink.accept()


def hang(stage, times):
    """At the greeting, at a recipient, or with the letter in hand."""
    stage.nemesis.lift("patience")
    points = ["greeting", "RCPT", "letter"]
    for number in range(times):
        stage.sink.misbehave(points[number % 3], HANG, times=1)
    stage.people.book(times)
    stage.until(stage.sink.is_done)


def be_slow(stage, times):
    """Bookings on our pages do not wait for letters."""
    stage.sink.misbehave("letter", times=times, delay=SLOW)
    stage.people.book_by_http((times + 1) // 2)
    stage.others["held up"] = [SLOW] if stage.people.slowest > SLOW else []
    stage.until(stage.sink.is_done)


def fail_for_now(stage, times):
    """Not yet, says the server: of the recipient, before the letter or after it."""
    answers = {"RCPT": "450 4.2.0 graylisted", "DATA": "451 4.3.0 busy", "letter": "451 4.7.1 no"}
    for at, answer in answers.items():
        stage.sink.misbehave(at, answer, times=times // 3, chance=0.5)
    while not stage.sink.is_done():
        stage.people.book(2)
        stage.until(lambda: stage.is_quiet() or stage.sink.is_done())


def fail_for_good(stage, times):
    """There is no such person: tried once, and known to staff."""
    stage.sink.misbehave("RCPT", "550 5.1.1 unknown", times=FOR_EVER, only_to="nobody")
    for number in range(times):
        stage.book_hopeless(email=f"nobody{number}@example.com")
    stage.people.book(2)


def cut_off(stage, times):
    """The server has the letter, and we never hear it."""
    stage.sink.misbehave("letter", HANG_UP, times=times)
    stage.people.book((times + 1) // 2)
    stage.until(lambda: stage.skip_pauses() or stage.sink.is_done())


def change_before_it_goes(stage, times):
    """Times are moved or canceled while the letters about them wait for another try."""
    busy = stage.sink.misbehave("RCPT", "450 4.3.0 busy", times=FOR_EVER)
    requests = stage.people.book(times)
    stage.make_due(stage.reminders())
    stage.until(stage.is_all_tried)
    for number, request in enumerate(requests):
        (stage.people.move if number % 2 else stage.people.cancel)(request)
    # Whether what is in hand may go was asked before, and the server still refuses it.
    stage.until(stage.is_none_in_hand)
    busy.times = 0


def spoil(stage, times):
    """Letters that cannot be written stand before others."""
    stage.worker.kill()
    for number in range(times):
        stage.book_hopeless(email=f"nobody{number}@example.com")
    ConsultationRequest.objects.update(time_zone="Mars/Olympus")
    stage.people.book(2)


def be_deadly(stage, times):
    """A letter kills every worker that writes it, while others wait beside it."""
    for number in range(times):
        stage.book_hopeless(email=f"deadly{number}@example.com")
        stage.people.book(2)
        for _death in range(MAX_CRASHES):
            stage.worker.dies()
            stage.skip_leases()
            stage.people.book(1)
            stage.start_worker()


CASES = [
    Case("SMTP refused", refuse, 3, 15, "retry", "lost", UNBOUNDED),
    Case("SMTP hanging", hang, 2, 12, "timeout", "lost", UNBOUNDED),
    Case("SMTP slow", be_slow, 2, 10, "afterwards", "held up"),
    Case("SMTP 4xx", fail_for_now, 3, 30, "retry", "lost", UNBOUNDED),
    Case("SMTP 5xx", fail_for_good, 2, 15, "permanent", "lost"),
    Case("SMTP cut after DATA", cut_off, 2, 20, "one id", "strangers"),
    Case("moved or canceled meanwhile", change_before_it_goes, 4, 20, "look again", "stale"),
    Case("letter that cannot be written", spoil, 2, 10, "containment", "lost"),
    Case("letter that kills who writes it", be_deadly, 1, 3, "crashes", "lost", UNBOUNDED),
]
