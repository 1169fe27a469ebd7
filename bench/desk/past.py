"""What else lies behind a desk after years: of each past booking its emails and audit events, and
of many what was noted, asked and told. `seed_bench` makes the bookings alone."""

from .. import databases

# Without triggers and references to check: they would cost more than the rows.
BULK = ("SET session_replication_role = replica", "SET statement_timeout = 0")
# One of so many past requests, numbered from 0 with the oldest last.
PAST = """
    SELECT id, created_at AS at, closed_at, n, owner_id AS by FROM (
        SELECT *, row_number() OVER (ORDER BY created_at DESC) - 1 AS n
        FROM admissions_consultationrequest WHERE stage = 'closed'
    ) AS numbered WHERE n % {each} = 0
"""
OPEN = "SELECT id, created_at AS at FROM admissions_consultationrequest WHERE stage <> 'closed'"
STAFF = "SELECT array_agg(user_id ORDER BY user_id) FROM admissions_counselor"


def of_each(number):
    return PAST.format(each=number)


ROWS = [
    f"""
    INSERT INTO admissions_message (
        request_id, consultation_id, kind, dedupe_key, copy, resend_reason, due_at, state, reason,
        tries, crashes, enqueued_at, finished_at, message_uuid, provider_message_id,
        template_version, account_news, address
    )
    SELECT past.id, talk.id, CASE past.n % 3 WHEN 0 THEN 'confirmation' WHEN 1 THEN 'reminder_day'
            ELSE 'staff_new_request' END,
        'bench:' || past.n, 0, '', past.at, CASE WHEN past.n % 50 = 0 THEN 'bounced'
            WHEN past.n % 20 = 0 THEN 'skipped' ELSE 'sent' END,
        CASE WHEN past.n % 50 = 0 THEN 'no_such_address'
            WHEN past.n % 20 = 0 THEN 'too_late' ELSE '' END,
        1, 0, past.at, past.at + interval '1 minute', gen_random_uuid(), '', '1', '', ''
    FROM ({of_each(1)}) AS past JOIN admissions_consultation AS talk ON talk.request_id = past.id
    """,
    f"""
    INSERT INTO admissions_message (
        request_id, kind, dedupe_key, copy, resend_reason, due_at, state, reason,
        tries, crashes, enqueued_at, message_uuid, provider_message_id,
        template_version, account_news, address
    )
    SELECT id, 'reminder_day', 'bench:' || id, 0, '', now() + interval '1 day', 'promised', '',
        0, 0, at, gen_random_uuid(), '', '', '', ''
    FROM ({OPEN}) AS waiting
    """,
    f"""
    INSERT INTO admissions_auditevent (
        at, type, source, shown, code, fields, object_type, object_id, detail, actor_id, request_id
    )
    SELECT at, CASE n % 4 WHEN 0 THEN 'consultation_requested' WHEN 1 THEN 'request_viewed'
            WHEN 2 THEN 'attempt_logged' ELSE 'request_closed' END,
        CASE WHEN n % 4 = 0 THEN 'requester' ELSE '' END, '{{}}', '', '{{}}', '', '', '{{}}',
        CASE WHEN n % 4 > 0 THEN by END, id
    FROM ({of_each(1)}) AS past
    """,
    f"""
    INSERT INTO admissions_auditevent (
        at, type, source, shown, code, fields, object_type, object_id, detail, actor_id
    )
    SELECT at, 'desk_viewed', '', ARRAY[id], 'triage:open', '{{}}', '', '', '{{}}', by
    FROM ({of_each(5)}) AS past
    """,
    f"""
    INSERT INTO admissions_auditevent (
        at, type, source, shown, code, fields, object_type, object_id, detail, actor_id
    )
    SELECT at, 'record_changed', '', '{{}}', '', '{{opens}}', 'counselor', '1', '{{}}', by
    FROM ({of_each(500)}) AS past
    """,
    f"""
    INSERT INTO admissions_contactattempt (at, channel, result, note, by_id, request_id)
    SELECT closed_at, 'call', 'no_answer', '', by, id FROM ({of_each(2)}) AS past
    """,
    f"""
    INSERT INTO admissions_contactattempt (at, channel, result, note, by_id, request_id)
    SELECT at + tries * interval '1 minute', 'call', 'no_answer', '', ({STAFF})[1], id
    FROM ({OPEN}) AS waiting, generate_series(1, 2) AS tries
    """,
    f"""
    INSERT INTO admissions_waitlistentry (joined_at, left_at, left_because, passed_over, request_id)
    SELECT at, closed_at, 'left', '{{}}', id FROM ({of_each(10)}) AS past
    """,
    f"""
    INSERT INTO admissions_suppression (sha256, cause, at, lifted_at, request_id)
    SELECT encode(sha256(n::text::bytea), 'hex'), 'bounced', at,
        CASE WHEN n % 200 = 0 THEN closed_at END, id
    FROM ({of_each(50)}) AS past
    """,
    f"""
    INSERT INTO admissions_benefitsverification (
        status, asked_at, payer, member_id, policy_holder, estimate, note, changed_at, request_id
    )
    SELECT CASE WHEN n % 2000 = 0 THEN 'not_started' ELSE 'verified' END,
        at, '', '', '', '', '', at, id
    FROM ({of_each(5)}) AS past
    """,
    f"""
    INSERT INTO admissions_shortage (language, began_at, ended_at)
    SELECT 'es', at, at + interval '1 hour' FROM ({of_each(100)}) AS past
    """,
    f"""
    INSERT INTO admissions_closure (starts_at, ends_at, reason)
    SELECT at, at + interval '1 minute', '' FROM ({of_each(1000)}) AS past
    """,
    f"""
    INSERT INTO admissions_referral (
        to_whom, note, made_at, confirmed_at, confirmed_by_id, made_by_id, request_id
    )
    SELECT '', '', at, closed_at, by, by, id FROM ({of_each(20)}) AS past
    """,
    f"""
    INSERT INTO admissions_disclosure (
        disclosed_at, to_whom, purpose, categories, basis, recorded_at, recorded_by_id,
        request_id, referral_id
    )
    SELECT at, '', '', '{{contact}}', 'consent', at, by, past.id, told.id
    FROM ({of_each(20)}) AS past JOIN admissions_referral AS told ON told.request_id = past.id
    WHERE n % 1000 > 0
    """,
    f"""
    INSERT INTO admissions_removalcertificate (removed_at, rule, emptied, request_id)
    SELECT closed_at, 'spam', '{{}}', id FROM ({of_each(20)}) AS past
    """,
    f"""
    INSERT INTO admissions_privacyrequest (
        kind, received_on, due_on, details, recorded_at, identity, order_reason, clinical_reason,
        outcome, outcome_note, identity_checked_at, identity_checked_by_id, decided_at,
        decided_by_id, recorded_by_id
    )
    SELECT 'copy', at::date, at::date + 30, '', at, 'called_back', '', '',
        'done', '', at, by, closed_at, by, by
    FROM ({of_each(500)}) AS past
    """,
    f"""
    INSERT INTO admissions_legalhold (reason, lift_reason, placed_at, placed_by_id, request_id)
    SELECT '', '', at, by, id FROM ({of_each(1000)}) AS past
    """,
]


def fill(database):
    """Adds them all to a database that `seed_bench` has filled."""
    databases.run(database, *BULK, *ROWS, "VACUUM (ANALYZE)")
