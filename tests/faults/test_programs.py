"""Workers that are killed at the worst moment, Redis that forgets or is gone, too many beats."""

from datetime import timedelta

from .proof import test_promise_breaks_without_its_guard, test_promise_holds  # noqa: F401
from .stage import FOR_EVER, Case

HOUR = 3600


def kill_at(place):
    """Have workers die at one place, each at its first, second or third letter there.

    They die faster than a lease ends: what was in their hands comes back at the end.
    """

    def act(stage, times):
        stage.worker.kill()
        for number in range(times):
            worker = stage.start_worker(failpoint=f"{place}:kill:{1 + number % 3}")
            stage.people.book(2)
            worker.dies()
        stage.skip_leases()

    return act


def stop_while_it_sends(stage, times):
    """A worker as in production is told to stop while it has letters in hand and others wait."""
    stage.sink.misbehave("letter", times=2 * times, delay=0.4)
    for _stop in range(times):
        stage.worker.kill()
        worker = stage.start_worker(pool="prefork")
        stage.people.book(2)
        stage.until(lambda: stage.sink.talks)
        worker.stop()
        worker.dies()


def flush_redis(stage, times):
    """Redis forgets the wake-ups of three bookings, which nobody has heard yet."""
    for _flush in range(times):
        stage.worker.pause()
        stage.people.book(3)
        stage.nemesis.redis.flush()
        stage.worker.go_on()


def kill_redis(stage, times):
    """Redis dies and comes back; who books meanwhile wakes nobody."""
    for _death in range(times):
        stage.nemesis.redis.kill()
        stage.people.book(1)
        stage.nemesis.redis.start()


def book_without_redis(stage, times):
    """On our pages, as people do it."""
    stage.nemesis.redis.kill()
    stage.people.book_by_http(times)
    stage.nemesis.redis.start()


def two_beats(stage, times):
    """And two workers with idle hands, while a letter takes longer than a sweep."""
    stage.sink.misbehave("letter", times=FOR_EVER, delay=0.9)
    stage.nemesis.start_worker()
    stage.nemesis.start_beat()
    for _booking in range(times):
        stage.people.book(1)
        stage.until(stage.is_quiet)


def beat_away(stage, times):
    """Nobody sweeps or sends for seven hours, in which some consultations begin."""
    stage.people.book(times)
    stage.until(stage.is_quiet)
    stage.end()
    stage.people.book(times)
    stage.nemesis.redis.flush()
    stage.let_pass(timedelta(hours=7))


def move_the_clock(stage, times):
    """The machine's clock is an hour slow, then an hour fast, and so on."""
    for number in range(times):
        stage.end()
        clock = HOUR if number % 2 else -HOUR
        stage.start_worker(clock=clock)
        stage.start_beat(clock=clock)
        stage.people.book(1)
        stage.until(stage.is_quiet if clock > 0 else stage.is_all_heard, stage.patience)
    stage.end()


CASES = [
    Case("worker killed before the claim", kill_at("before_claim"), 1, 20, "sweep", "lost"),
    Case("worker killed after the claim", kill_at("after_claim"), 1, 20, "lease", "lost"),
    Case("worker killed after the 250", kill_at("after_250"), 2, 20, "one id", "strangers"),
    Case("worker told to stop", stop_while_it_sends, 1, 10, "warm stop", "lost"),
    Case("Redis flushed", flush_redis, 1, 15, "sweep", "lost"),
    Case("Redis killed", kill_redis, 1, 10, "sweep", "lost"),
    Case("Redis absent", book_without_redis, 2, 10, "robust", "refused"),
    Case("two beats and two workers", two_beats, 1, 10, "claim", "duplicates"),
    Case("beat down for hours", beat_away, 2, 10, "look again", "stale"),
    Case("clock moved", move_the_clock, 2, 10, "state", "lost"),
]
