"""Letters a second beside tasks that do nothing, and bookings beside a slow mail server."""

import os
import time

import redis
from celery import Celery

from .. import databases, ours
from ..browser import Unexpected
from ..mail import Mail
from ..noop import DONE
from ..rounds import Side, faults, p95_ratio, per_second_ratio, so_many, take_turns
from ..servers import own_redis, redis_process, sync
from .bookings import forms, nothing_is_owed, rate

DATABASE = "ours_mailed"
SLOW = 0.2  # seconds that the slow mail server takes for a letter
# Confirmations for people whose time stands, all due at once.
PROMISE = """
    INSERT INTO admissions_message (
        request_id, consultation_id, kind, dedupe_key, copy, due_at, state, enqueued_at,
        message_uuid, tries, crashes, reason, provider_message_id, template_version, resend_reason,
        account_news, address
    )
    SELECT request_id, id, 'confirmation', 'consultation:' || id, 0, now(), 'promised', now(),
        gen_random_uuid(), 0, 0, '', '', '', '', '', ''
    FROM admissions_consultation
    WHERE status = 'scheduled' AND starts_at > now() + interval '1 hour'
    ORDER BY id LIMIT {}
"""
# Rings of alarms, of which there are none here, may otherwise not be emptied with them.
FORGET = (
    "SET session_replication_role = replica",
    "TRUNCATE admissions_message CASCADE",
    "RESET session_replication_role",
)


async def beside_tasks_that_do_nothing(world):
    """From one task that hands out many, until the worker of `make run` has done the last."""
    # Another worker would take our tasks from the queue, and not know them.
    world.servers.stop(*world.servers.started)
    databases.make(DATABASE, like="ours_small")
    mailed = {"EMAIL_URL": f"smtp://127.0.0.1:{world.mail.port}"}
    worker = world.servers.worker("noop", ours.production(DATABASE, **mailed), app="bench.noop")
    programs = {"worker": worker.pid, "redis": redis_process(), "postgres": world.postgres}
    sides = {"letters": letters(world, programs), "noops": noops(world, programs)}
    await take_turns(list(sides.values()), once, rounds=world.sizes.letter_rounds)
    world.servers.stop(worker)
    value, rounds = per_second_ratio(sides["letters"], sides["noops"])
    behind = {name: rate(side) for name, side in sides.items()} | {"by_round": rounds}
    return {
        "ratios": {"mails_per_s_vs_celery_noop": value},
        "behind": {"mails_per_s_vs_celery_noop": behind},
        "faults": faults(sides),
    }


async def once(side):
    """A round is one sweep, and each of what it handed out took as long as any other."""
    begun = time.perf_counter()
    counts = await side.answers(0)
    return [(time.perf_counter() - begun) / count for count in counts for _each in range(count)]


def letters(world, programs):
    """Due rows, until the mail server has each and the row says so."""
    watch, count = databases.connect(DATABASE).cursor(), world.sizes.letters

    async def promise():
        databases.run(DATABASE, *FORGET, PROMISE.format(count))

    async def sweep(_number):
        before = world.mail.count
        tasks().send_task("admissions.messaging.tasks.send_due_messages", queue="sweeps")
        await world.until(lambda: nothing_is_owed(watch))
        if world.mail.count != before + count:
            raise Unexpected("A letter did not go, or went twice")
        return count

    return Side(sweep, programs, before=promise)


def noops(world, programs):
    """Five times as many, so that a round lasts."""
    client, count = redis.from_url(os.environ["REDIS_URL"]), world.sizes.letters * 5

    async def forget():
        client.delete(DONE)

    async def hand_out(_number):
        tasks().send_task("bench.noop.hand_out", [count], queue="sweeps")
        await world.until(lambda: client.exists(DONE))
        return count

    return Side(hand_out, programs, before=forget)


def tasks():
    return Celery(broker=os.environ["REDIS_URL"])


async def beside_a_slow_mail_server(world):
    """The POST that books, as its visitor waits for it, with each of two mail servers."""
    with Mail(seconds=SLOW) as slow:
        sides = {
            "slow": posts(world, "slow", slow, own_redis(2)),
            "fast": posts(world, "fast", world.mail, own_redis(3)),
        }
        work = so_many(world.sizes.visitors, world.sizes.slow_posts)
        await take_turns(list(sides.values()), work, rounds=world.sizes.letter_rounds)
        world.servers.stop(*world.servers.started)
    value, rounds = p95_ratio(sides["slow"], sides["fast"])
    behind = {name: rate(side) for name, side in sides.items()} | {"by_round": rounds}
    return {
        "ratios": {"booking_p95_slow_smtp": value},
        "behind": {"booking_p95_slow_smtp": behind},
        "faults": faults(sides),
    }


def posts(world, name, mail, redis_url):
    """Our site with its worker; each round ends when the worker has sent what is owed."""
    database = f"ours_{name}"
    databases.make(database, like="ours_small")
    extra = {"EMAIL_URL": f"smtp://127.0.0.1:{mail.port}", "REDIS_URL": redis_url}
    shape = sync(world.sizes.workers)
    server = ours.serve(world.servers, database, database, shape=shape, **extra)
    worker = world.servers.worker(f"worker_{name}", ours.production(database, **extra))
    watch = databases.connect(database).cursor()
    places = iter(ours.free_places(database))
    fill_in, send = forms(server, places, world.sizes.slow_posts)
    return Side(
        send,
        world.programs(server, worker=worker.pid, redis=redis_process()),
        before=fill_in,
        after=lambda: world.until(lambda: nothing_is_owed(watch)),
    )
