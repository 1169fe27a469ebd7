"""A month at the desk, played through: people ask and do as they do, staff as the desk tells them.

Every act goes through the services of the site. Time goes from event to event; staff act while
they are on shift, one thing at a time, and on nothing but what the desk says of a request.
"""

import heapq
import re
import uuid
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from random import Random
from zoneinfo import ZoneInfo

from django.db.models import Min, Q

from admissions.booking import absences, by_staff, callbacks, consultations, moves
from admissions.care import recommendations, referrals
from admissions.intake.models import ConsultationRequest
from admissions.scheduling import assignment, availability
from admissions.scheduling.models import Closure, Counselor
from admissions.triage import (
    contact_attempts,
    duplicates,
    next_action,
    outcomes,
    ownership,
    snoozing,
    status_line,
)
from admissions.triage.desk_clock import read_desk_clock
from programs.models import Program
from tests.support import care
from tests.support.factories import make_counselor, make_details, make_user

from .month_people import (
    ADMITTING,
    ADVISED,
    BOOKED,
    CAME,
    CLOSED,
    GONE,
    IN_TOUCH,
    MISSED,
    NEW,
    TALKED,
    TRYING,
    Advice,
    Person,
    Referral,
    Talk,
    Try,
)

ZONE = ZoneInfo("America/Los_Angeles")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BEGINS, DAYS = datetime(2026, 10, 26, tzinfo=ZONE), 30
# How many of a day's people ask in each hour of it: fewest at night, most in the evening.
BY_HOUR = [2, 1, 1, 1, 1, 1, 2, 3, 5, 7, 8, 8, 7, 6, 6, 6, 7, 7, 8, 9, 9, 8, 6, 4]
PEOPLE_A_DAY = 2
CLOSED_ON, AWAY_FROM, AWAY_UNTIL = date(2026, 11, 11), date(2026, 11, 5), date(2026, 11, 10)
EACH_ACT = 6 * MINUTE
# What the desk may say is to be done, and which of the acts below does it.
DONE_BY = [
    (r"^Talk now|^Record the outcome", "meet"),
    (r"^Close it", "give_up"),
    (r"^Have a clinician look", "have_a_clinician_look"),
    (r"^Record the assessment", "assess"),
    (r"^Recommend care", "recommend"),
    (r": agree what comes next", "agree"),
    (r"^Settle the admission", "settle"),
    (r"^Confirm the hand-over", "confirm_handover"),
    (r"^(Call|Text|Email|Take it up again|Find a new time)", "reach"),
]


class Staff:
    """One of those who work, with hours by the center's clock."""

    def __init__(self, name, opens, closes, days, languages=("en",)):
        self.opens, self.closes, self.days = time(opens), time(closes), days
        self.counselor = make_counselor(
            user=care.make_signing(first_name=name),
            public_name=name,
            opens=self.opens,
            closes=self.closes,
            days=days,
            languages=languages,
        )
        self.user, self.is_busy_until = self.counselor.user, BEGINS
        self.away = set()

    def is_on_shift(self, at) -> bool:
        local = at.astimezone(ZONE)
        is_here = local.weekday() in self.days and local.date() not in self.away
        return is_here and self.opens <= local.time() < self.closes

    def is_free(self, at) -> bool:
        return self.is_on_shift(at) and self.is_busy_until <= at


class Month:
    def __init__(self, clock, *, seed):
        self.clock, self.dice = clock, Random(seed)  # noqa: S311  dice, not secrets
        self.now, self.ends = BEGINS, BEGINS + DAYS * DAY
        self.events, self.order = [], count()
        self.people, self.by_request, self.talking = [], {}, set()
        self.turn_at, self.touched, self.steps, self.latest = None, None, 0, timedelta()
        clock.move_to(BEGINS, tick=False)
        self.hire()
        self.plan()

    # The frame

    def hire(self):
        dana = Staff("Dana", 8, 16, range(5))
        sam = Staff("Sam", 11, 20, range(7))
        rosa = Staff("Rosa", 9, 18, (2, 3, 4, 5, 6), ("en", "es"))
        self.staff, self.rosa = [dana, sam, rosa], rosa
        self.clinician = care.make_signing("clinician")
        self.coordinator = make_user("coordinator")
        self.programs = [None, *Program.objects.values_list("pk", flat=True)]
        opens = datetime.combine(CLOSED_ON, time(), tzinfo=ZONE)
        Closure.objects.create(starts_at=opens, ends_at=opens + DAY, reason="holiday")
        for each in self.staff:
            each.away.add(CLOSED_ON)

    def plan(self):
        for day in range(DAYS):
            for _person in range(PEOPLE_A_DAY):
                [hour] = self.dice.choices(range(24), BY_HOUR)
                at = datetime.combine(BEGINS.date() + day * DAY, time(hour), tzinfo=ZONE)
                self.at(at + self.dice.random() * HOUR, self.ask)
        self.at(datetime.combine(AWAY_FROM - 2 * DAY, time(9), tzinfo=ZONE), self.leave)

    def at(self, when, act, *given):
        if when < self.ends - MINUTE:
            heapq.heappush(self.events, (when.astimezone(UTC), next(self.order), act, given))

    def soon(self, low, high):
        """Between so many hours from now."""
        return self.now + self.dice.uniform(low, high) * HOUR

    def chance(self, share) -> bool:
        return self.dice.random() < share

    def key(self):
        return uuid.UUID(int=self.dice.getrandbits(128))

    def play(self):
        """Event by event to the end of the month; `check` sees the desk after each."""
        while self.events:
            self.now, _order, act, given = heapq.heappop(self.events)
            self.clock.move_to(self.now, tick=False)
            self.touched = None
            act(*given)
            self.steps += 1
            self.check()
            self.call_a_turn()
        self.now = self.ends.astimezone(UTC) - MINUTE
        self.clock.move_to(self.now, tick=False)
        self.check()

    # What must be so at every step

    def check(self):
        """Every open request has something to be done, and by when, and that is soon enough."""
        rows, touched = ConsultationRequest.objects.open(), self.touched
        if self.steps % 25:
            rows = rows.filter(pk=touched.request_id if touched else None)
        for request in rows.with_history() if touched or not self.steps % 25 else []:
            assert status_line.describe_status(request, read_desk_clock(self.now)).text
            assert next_action.describe_next_action(request, self.now).text
            assert request.due_at <= self.furthest(request)
        without = Q(due_at=None) | Q(due_at__gt=self.now + 15 * DAY)
        assert not ConsultationRequest.objects.open().filter(without).exists()

    def furthest(self, request) -> datetime:
        """The latest that the plan allows: a talk, what was set aside, or the longest pause."""
        talk = self.by_request[request.pk].talk
        if talk:
            return max(talk.starts_at, self.now)
        if request.is_snoozed:
            return self.now + 14 * DAY
        return self.now + 5 * DAY

    # People

    def ask(self, twin=None):
        source = self.dice.choices(["booking", "callback"], [5, 5])[0] if not twin else "callback"
        is_in_danger = self.chance(0.06)
        person = Person(
            asked_at=self.now,
            source=source,
            language="es" if self.chance(0.15) else "en",
            program=self.dice.choice(self.programs),
            is_in_danger=is_in_danger,
            has_phone=source == "callback" or self.chance(0.8),
            good_time=self.dice.choice(["any", "any", "morning", "evening"]),
            answers=self.dice.choice([0.5, 0.75] if is_in_danger else [0, 0.25, 0.5, 0.5, 0.75]),
            comes=self.dice.choice([0.4, 0.8, 0.95]),
            wish=self.dice.choices(["book", "think", "decline", "refer"], [6, 2, 1, 1])[0],
            number=twin.number if twin else len(self.people),
            twin=twin,
        )
        details = self.details(person)
        made = self.book(person, details) if source == "booking" else self.ask_for_call(details)
        self.know(person, made)
        if twin is None and self.chance(0.08):
            self.at(self.soon(4, 40), self.ask, person)

    def know(self, person, made):
        person.request_id, self.touched = made.pk, person
        self.people.append(person)
        self.by_request[made.pk] = person

    def details(self, person) -> dict:
        phone = f"+1{person.number // 100 + 201}55501{person.number % 100:02}"
        return make_details(
            phone=phone if person.has_phone else "",
            may_call=person.has_phone,
            preferred_name=f"Person {person.number}",
            email=f"person{person.number}@example.com",
            language=person.language,
            program_interest_id=person.program,
            is_in_danger=person.is_in_danger,
            for_whom="self" if person.number % 3 else "loved_one",
            voicemail=self.dice.choice(["no", "number_only"]),
            good_time=person.good_time,
        )

    def ask_for_call(self, details):
        del details["may_call"]
        return callbacks.request_callback(key=self.key(), details=details, consents={})

    def book(self, person, details):
        mode = "phone" if person.has_phone else "video"
        slot = self.a_time(mode, person.language)
        made = consultations.request_consultation(
            key=self.key(), starts_at=slot, mode=mode, details=details, consents={}
        )
        person.stands = BOOKED
        self.booked(person, made.standing_consultation())
        return made

    def a_time(self, mode, language):
        slots = availability.open_slots(mode=mode, now=self.now, language=language)
        return self.dice.choice(slots[: self.dice.choice([5, 40, 200])]).starts_at

    def booked(self, person, consultation):
        """Note it, and see what they make of it."""
        talk = Talk(
            booked_at=self.now,
            starts_at=consultation.starts_at,
            mode=consultation.mode,
            counselor=consultation.counselor.user_id,
        )
        person.talks.append(talk)
        left = talk.starts_at - self.now
        later = self.now + self.dice.random() * left
        if left > 5 * HOUR:
            self.at(later, self.dice.choices(
                [self.stay, self.confirm, self.cancel, self.move], [4, 3, 2, 2]
            )[0], person, talk)  # fmt: skip

    def stay(self, person, talk):
        """They leave it as it is."""

    def confirm(self, person, talk):
        if person.talk is talk:
            request = ConsultationRequest.objects.get(pk=person.request_id)
            sequence = request.standing_consultation().sequence
            consultations.confirm_consultation(key=self.key(), request=request, sequence=sequence)

    def cancel(self, person, talk):
        if person.talk is not talk:
            return
        consultations.cancel_consultation(key=self.key(), request=self.request_of(person))
        talk.fate, person.stands, self.touched = GONE, TRYING, person
        if self.chance(0.3):
            self.at(self.soon(1, 12), self.choose_again, person)

    def move(self, person, talk):
        if person.talk is not talk:
            return
        moved = moves.move_consultation(
            key=self.key(),
            request=self.request_of(person),
            starts_at=self.a_time(talk.mode, person.language),
        )
        if moved.starts_at != talk.starts_at:
            talk.fate, self.touched = GONE, person
            self.booked(person, moved)

    def choose_again(self, person):
        if person.talk or person.stands not in (TRYING, IN_TOUCH):
            return
        mode = "phone" if person.has_phone else "video"
        made = consultations.rebook_consultation(
            key=self.key(),
            request=self.request_of(person),
            starts_at=self.a_time(mode, person.language),
            mode=mode,
        )
        person.stands, self.touched = BOOKED, person
        self.booked(person, made)

    def come_back(self, person, at_work):
        """Somebody whom we had closed calls us after all."""
        outcomes.reopen_request(
            request_id=person.request_id, by=at_work.user, reason="They called again"
        )
        is_known = any(each.is_live for each in person.tries)
        person.back_at = self.now
        person.stands, person.ended, self.touched = IN_TOUCH if is_known else TRYING, None, person
        person.wish, person.answers, person.has_stopped = "book", 0.9, False

    def request_of(self, person):
        return ConsultationRequest.objects.get(pk=person.request_id)

    # Staff

    def call_a_turn(self):
        """Somebody turns to the desk when something falls due and they are free."""
        waiting = ConsultationRequest.objects.open().exclude(pk__in=self.talking)
        times = waiting.aggregate(due=Min("due_at"), called=Min("promised_call_by"))
        soonest = [times["due"], times["called"] and times["called"] - 15 * MINUTE]
        soonest = [at for at in soonest if at]
        if not soonest:
            return
        at = max(min(soonest), self.now) + timedelta(seconds=30)
        while not any(each.is_free(at) for each in self.staff):
            at += 3 * MINUTE
        if self.turn_at is None or not self.now < self.turn_at <= at:
            self.turn_at = at.astimezone(UTC)
            self.at(at, self.turn, self.turn_at)

    def turn(self, called_for):
        """The most urgent of what is ripe, for each who is free; what the desk says is done."""
        if called_for != self.turn_at:
            return
        self.turn_at = None
        for each in self.staff:
            request = self.ripe() if each.is_free(self.now) else None
            if request:
                self.do(request, each)

    def ripe(self):
        rows = ConsultationRequest.objects.needing_someone(now=self.now)
        rows = rows.exclude(pk__in=self.talking).in_triage_order(now=self.now)[:5]
        pks = (each.pk for each in rows if self.is_ripe(each))
        return ConsultationRequest.objects.with_history().filter(pk=next(pks, None)).first()

    def is_ripe(self, request) -> bool:
        """Danger comes first until somebody is reached; they breathe half an hour between tries."""
        called, tries = request.promised_call_by, self.by_request[request.pk].tries
        if request.needs_safety_answer and tries and self.now - tries[-1].at < HOUR / 2:
            return False
        is_near = called is not None and called - self.now <= 15 * MINUTE
        return request.needs_safety_answer or is_near or request.due_at < self.now

    def do(self, request, each):
        person = self.by_request[request.pk]
        due = max(person.asked_at, request.due_at)
        self.latest = max(self.latest, self.staffed_since(due))
        if request.owner_id is None and self.chance(0.7):
            ownership.claim_request(request_id=request.pk, by=each.user)
            person.owner = each.user.pk
        told = next_action.describe_next_action(request, self.now).text
        act = next((name for words, name in DONE_BY if re.search(words, told)), None)
        assert act, told
        each.is_busy_until, self.touched = self.now + EACH_ACT, person
        getattr(self, act)(person, request, each)

    def staffed_since(self, at) -> timedelta:
        """How long somebody was at the desk between then and now."""
        total, at = timedelta(), max(at, self.now - 2 * DAY)
        while at < self.now:
            total += 10 * MINUTE * any(each.is_on_shift(at) for each in self.staff)
            at += 10 * MINUTE
        return total

    # What the desk may tell them to do

    def reach(self, person, request, each):
        """Call where that is permitted, else write; then see what they want."""
        if person.twin and person.twin.ended is None and not person.tries:
            self.merge(person, each)
            return
        if not request.may_call:
            self.log(person, each, "email", "sent")
            if self.chance(person.answers):
                self.at(self.soon(1, 8), self.reply, person)
            return
        if not self.chance(person.answers):
            is_heard = request.voicemail != "no" and self.chance(0.5)
            self.log(person, each, "call", "voicemail" if is_heard else "no_answer")
        elif self.chance(0.04) and not person.talk:
            person.has_stopped = True
            self.log(person, each, "call", "asked_to_stop")
        else:
            self.log(person, each, "call", "reached")
            self.follow_wish(person, each)

    def merge(self, person, each):
        """They asked twice: the first request goes on, with what the second was owed."""
        first = person.twin
        duplicates.merge_requests(
            keep_id=first.request_id, end_ids=[person.request_id], by=each.user, is_same_person=True
        )
        person.ended, person.stands = ("duplicate", ""), CLOSED
        first.owner = first.owner or person.owner
        if person.is_in_danger:
            first.is_in_danger, first.is_calmed = True, None

    def log(self, person, each, channel, result):
        contact_attempts.log_attempt(
            request_id=person.request_id, by=each.user, channel=channel, result=result
        )
        if result != "asked_to_stop":
            person.owner = person.owner or each.user.pk
        is_live = result in ("reached", "replied")
        person.tries.append(Try(self.now, each.user.pk, is_live))
        if (is_live or person.has_stopped) and person.is_in_danger:
            person.is_calmed = person.is_calmed or self.now
        if is_live and person.stands in (NEW, TRYING):
            person.stands = IN_TOUCH
        elif person.stands == NEW:
            person.stands = TRYING
        # The plan ends; a try after a no-show or a cancellation may be one more.
        assert person.is_in_danger or len(person.tries_since_touch) <= 8

    def reply(self, person):
        """They write back; whoever is on shift keeps it, or the next who comes."""
        at_work = next((each for each in self.staff if each.is_free(self.now)), None)
        if at_work is None:
            self.at(self.now + 30 * MINUTE, self.reply, person)
        elif person.stands != CLOSED and not person.talk:
            self.touched = person
            self.log(person, at_work, "email", "replied")
            self.follow_wish(person, at_work)

    def follow_wish(self, person, each):
        if person.talk or person.stands != IN_TOUCH:
            return
        if person.wish == "book":
            self.book_for(person, each)
        elif person.wish == "think":
            self.set_aside(person, each)
        elif person.wish == "decline":
            self.close(person, each, "declined_by_person", self.dice.choice(["cost", "not_ready"]))
        else:
            made = referrals.record_referral(
                request_id=person.request_id, by=each.user, to_whom="The county"
            )
            person.referrals.append(Referral(self.now, made.pk))

    def book_for(self, person, each):
        mode = "phone" if person.has_phone else "video"
        slots = availability.open_slots(mode=mode, now=self.now, language=person.language)
        slot = self.dice.choice(slots[:60])
        pick = assignment.SlotChoice(slot.starts_at, mode, slot.counselors[0])
        request = by_staff.book_for_request(
            key=self.key(), request_id=person.request_id, by=each.user, pick=pick
        )
        person.owner = person.owner or each.user.pk
        person.stands = BOOKED
        self.booked(person, request.standing_consultation())

    def set_aside(self, person, each):
        days = self.dice.randint(1, 5)
        until = datetime.combine(
            self.now.astimezone(ZONE).date() + days * DAY, time(11), tzinfo=ZONE
        )
        snoozing.snooze_request(request_id=person.request_id, by=each.user, until=until)
        person.wish = "book"

    def meet(self, person, request, each):
        """The counselor sits down; ten minutes later the other chair is empty, or it is not."""
        talk = person.talk
        self.talking.add(request.pk)
        if self.chance(person.comes):
            ends_at = talk.starts_at + 45 * MINUTE
            each.is_busy_until = max(ends_at, self.now + EACH_ACT)
            self.at(max(ends_at, self.now), self.finish, person, each)
        else:
            self.at(max(talk.starts_at + 10 * MINUTE, self.now), self.miss, person, each)

    def finish(self, person, each):
        self.talking.discard(person.request_id)
        outcomes.complete_consultation(request_id=person.request_id, by=each.user)
        person.talk.fate, person.stands, self.touched = CAME, TALKED, person
        if person.is_in_danger:
            person.is_calmed = person.is_calmed or self.now

    def miss(self, person, each):
        self.talking.discard(person.request_id)
        outcomes.mark_no_show(request_id=person.request_id, by=each.user)
        person.talk.fate, person.stands, self.touched = MISSED, TRYING, person
        if self.chance(0.2):
            self.at(self.soon(2, 20), self.choose_again, person)

    def give_up(self, person, request, each):
        if person.has_stopped:
            self.close(person, each, "withdrawn", "asked_to_stop")
            return
        tries = person.tries_since_touch
        assert len(tries) >= 6
        assert tries[-1].at - tries[0].at >= 9 * DAY
        self.close(person, each, "unable_to_reach", "no_response")
        if self.chance(0.2):
            self.at(self.soon(24, 96), self.call_again, person)

    def call_again(self, person):
        at_work = next((each for each in self.staff if each.is_free(self.now)), None)
        if at_work is None:
            self.at(self.now + 30 * MINUTE, self.call_again, person)
        elif person.stands == CLOSED:
            self.come_back(person, at_work)

    def close(self, person, each, disposition, reason, **more):
        outcomes.close_request(
            request_id=person.request_id,
            by=each.user,
            disposition=disposition,
            reason=reason,
            **more,
        )
        person.ended, person.stands = (disposition, reason), CLOSED

    def assess(self, person, request, each):
        concerns = {"d2": "high"} if self.chance(0.15) else {"d4": "moderate"}
        care.assess(request, each.user, based_on=person.assessed, has_agreed=True, **concerns)
        person.assessed += 1

    def have_a_clinician_look(self, person, request, each):
        care.acknowledge(request, self.clinician, seen=person.assessed)

    def recommend(self, person, request, each):
        level = self.dice.choice(["2.1", "2.1", "3.5"])
        agreed, why = level, ""
        if self.chance(0.2):
            agreed, why = ("3.5" if level == "2.1" else "2.1"), "payer"
        elif self.chance(0.2):
            agreed = ""
        self.advise(person, request, each, Advice(self.now, level, agreed, why))

    def advise(self, person, request, each, given):
        advice = care.advice(given.level, given.agreed, reason_if_different=given.why)
        care.recommend(
            request, each.user, advice, based_on=len(person.advice), seen=person.assessed
        )
        person.advice.append(given)
        person.stands = ADVISED

    def agree(self, person, request, each):
        if not self.chance(max(person.answers, 0.5)):
            self.log(person, each, "call" if request.may_call else "email",
                     "no_answer" if request.may_call else "sent")  # fmt: skip
            return
        self.log(person, each, "call" if request.may_call else "email", "reached")
        last = person.advice[-1]
        if self.chance(0.3):
            self.close(person, each, "declined_by_person", self.dice.choice(["cost", "schedule"]))
            return
        if not last.agreed:
            self.advise(person, request, each, Advice(self.now, last.level, last.level, ""))
        on = self.now.astimezone(ZONE).date() + self.dice.randint(1, 4) * DAY
        recommendations.begin_admission(request_id=person.request_id, by=each.user, on=on)
        person.stands = ADMITTING

    def settle(self, person, request, each):
        if self.chance(0.15):
            self.close(person, each, "declined_by_person", "not_ready")
            return
        is_iop = person.advice[-1].agreed == "2.1"
        disposition = "admitted_iop" if is_iop else "admitted_residential"
        self.close(person, each, disposition, "")

    def confirm_handover(self, person, request, each):
        last = person.referrals[-1]
        referrals.confirm_referral(request_id=person.request_id, by=each.user, referral_id=last.id)
        last.is_confirmed = True
        self.close(person, each, "referred_out", "needs_higher_level")

    # A counselor goes

    def leave(self):
        """Rosa says two days before that she will be away; staff settle what stands with her."""
        begins, ends = (datetime.combine(on, time(), tzinfo=ZONE) for on in (AWAY_FROM, AWAY_UNTIL))
        cases = absences.match_colleagues(
            absences.find_consultations_during(self.rosa.counselor, begins, ends)
        )
        decisions = {
            each.consultation.pk: each.best.counselor_id if each.best else absences.CANCEL
            for each in cases
        }
        absences.record_absence(
            counselor=self.rosa.counselor,
            starts_at=begins,
            ends_at=ends,
            reason="vacation",
            decisions=decisions,
            by=self.coordinator,
        )
        self.rosa.away |= {AWAY_FROM + days * DAY for days in range((AWAY_UNTIL - AWAY_FROM).days)}
        for each in cases:
            self.settle_absence(self.by_request[each.consultation.request_id], each.best)

    def settle_absence(self, person, colleague):
        talk, self.touched = person.talk, person
        talk.fate = GONE
        if colleague is None:
            person.stands = TRYING
            return
        user_id = Counselor.objects.get(pk=colleague.counselor_id).user_id
        person.talks.append(Talk(self.now, talk.starts_at, talk.mode, user_id))
