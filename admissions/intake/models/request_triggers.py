"""What Postgres refuses of a request beside its constraints."""

import pgtrigger

from admissions.state_moves import MovesOrUndo

from .personal_data import PERMISSIONS, PERSONAL_TEXTS
from .stages import ADMITTED_DISPOSITIONS, STAGE_TRANSITIONS

REMOVAL_TRIGGERS = [
    pgtrigger.Trigger(
        name="request_anonymized_when_it_may_be",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(old__anonymized_at__isnull=True, new__anonymized_at__isnull=False),
        func="""
            IF EXISTS (
                SELECT 1 FROM admissions_legalhold hold
                JOIN admissions_consultationrequest held ON held.id = hold.request_id
                WHERE hold.lifted_at IS NULL
                    AND (held.id IN (NEW.id, NEW.merged_into_id) OR held.merged_into_id = NEW.id)
            ) THEN
                RAISE EXCEPTION 'request_anonymized_when_it_may_be: it is under a legal hold';
            END IF;
            IF EXISTS (
                SELECT 1 FROM admissions_consultation
                WHERE request_id = NEW.id AND status IN ('scheduled', 'confirmed')
            ) THEN
                RAISE EXCEPTION 'request_anonymized_when_it_may_be: a consultation stands';
            END IF;
            RETURN NEW;
        """,
    ),
    pgtrigger.Trigger(
        name="request_anonymized_is_empty",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        condition=pgtrigger.Q(new__anonymized_at__isnull=False),
        func=f"""
            IF {" OR ".join(f"NEW.{each} <> ''" for each in PERSONAL_TEXTS)}
                OR {" OR ".join(f"NEW.{each}" for each in PERMISSIONS)}
                OR cardinality(NEW.search_tokens) > 0
            THEN
                RAISE EXCEPTION 'request_anonymized_is_empty: personal data is left';
            END IF;
            RETURN NEW;
        """,
    ),
    pgtrigger.Trigger(
        name="request_stays_anonymized",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(old__anonymized_at__isnull=False),
        func="""
            IF NEW IS DISTINCT FROM OLD THEN
                RAISE EXCEPTION 'request_stays_anonymized: personal data was removed';
            END IF;
            RETURN NEW;
        """,
    ),
]

REQUEST_TRIGGERS = [
    *REMOVAL_TRIGGERS,
    MovesOrUndo(
        name="request_stage_moves",
        field="stage",
        undone="""act.request_id = NEW.id AND act.before->>'stage' = NEW.stage
            AND act.after->>'stage' = OLD.stage""",
        transitions=[
            (old.value, new.value)
            for old, permitted in STAGE_TRANSITIONS.items()
            for new in sorted(permitted)
        ],
    ),
    pgtrigger.Trigger(
        name="request_admitted_after_recommendation",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        condition=pgtrigger.Q(new__disposition__in=sorted(ADMITTED_DISPOSITIONS)),
        func="""
            IF TG_OP = 'UPDATE' AND OLD.disposition = NEW.disposition THEN
                RETURN NEW;
            END IF;
            IF NEW.disposition IS DISTINCT FROM (
                SELECT CASE
                    WHEN NOT level.is_offered_here THEN NULL
                    WHEN level.code = '2.1' AND made.is_step_down
                        THEN 'admitted_iop_step_down'
                    WHEN level.code = '2.1' THEN 'admitted_iop'
                    WHEN left(level.code, 2) = '3.' AND NOT made.is_step_down
                        THEN 'admitted_residential'
                END
                FROM admissions_recommendation made
                LEFT JOIN programs_levelofcare level ON level.id = made.agreed_level_id
                WHERE made.request_id = NEW.id ORDER BY made.version DESC LIMIT 1
            ) THEN
                RAISE EXCEPTION 'request_admitted_after_recommendation: none is recorded,'
                    ' or another level was agreed';
            END IF;
            RETURN NEW;
        """,
    ),
    pgtrigger.Trigger(
        name="request_closed_after_a_clinician",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(old__stage__df="closed", new__stage="closed")
        & ~pgtrigger.Q(new__disposition="spam_or_test"),
        func="""
            IF EXISTS (
                SELECT 1 FROM admissions_finding found
                JOIN admissions_assessment made ON made.id = found.assessment_id
                WHERE made.request_id = NEW.id
                    AND made.version = (
                        SELECT max(version) FROM admissions_assessment
                        WHERE request_id = NEW.id
                    )
                    AND found.dimension IN (1, 2, 3)
                    AND found.concern IN ('high', 'needs_clinician')
                    AND NOT EXISTS (
                        SELECT 1 FROM admissions_acknowledgment
                        WHERE assessment_id = made.id
                    )
            ) THEN
                RAISE EXCEPTION 'request_closed_after_a_clinician: a high concern waits'
                    ' for a clinician';
            END IF;
            RETURN NEW;
        """,
    ),
]
