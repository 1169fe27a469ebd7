"""The audit's events move into a table of the same name that is parted by quarters, in UTC.

Indexes, foreign keys and triggers are taken over as they stand, by their names, so that nothing
changes for Django. The primary key has to hold the time as well; each number still comes from one
sequence, which nobody passes by without saying so.
"""

from django.db import migrations

PART = """
SET CONSTRAINTS ALL IMMEDIATE;
DO $$
DECLARE
    old regclass := 'admissions_auditevent';
    kept text[];
    said text;
    last bigint;
BEGIN
    SELECT array_agg(line ORDER BY place, line) INTO kept FROM (
        SELECT 1 AS place, pg_get_indexdef(indexrelid) AS line FROM pg_index
            WHERE indrelid = old AND NOT indisprimary
        UNION ALL
        SELECT 2, format('ALTER TABLE admissions_auditevent ADD CONSTRAINT %I %s',
            conname, pg_get_constraintdef(oid))
            FROM pg_constraint WHERE conrelid = old AND contype = 'f'
        UNION ALL
        SELECT 3, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = old AND NOT tgisinternal
        UNION ALL
        SELECT 4, format('COMMENT ON TRIGGER %I ON admissions_auditevent IS %L',
            tgname, obj_description(oid, 'pg_trigger'))
            FROM pg_trigger WHERE tgrelid = old AND NOT tgisinternal
    ) AS found;
    SELECT COALESCE(max(id), 0) + 1 INTO last FROM admissions_auditevent;

    ALTER TABLE admissions_auditevent RENAME TO admissions_auditevent_whole;
    CREATE TABLE admissions_auditevent (
        LIKE admissions_auditevent_whole INCLUDING CONSTRAINTS
    ) PARTITION BY RANGE (at);
    CREATE TABLE admissions_auditevent_default PARTITION OF admissions_auditevent DEFAULT;
    INSERT INTO admissions_auditevent SELECT * FROM admissions_auditevent_whole;
    DROP TABLE admissions_auditevent_whole;

    ALTER TABLE admissions_auditevent ADD PRIMARY KEY (id, at);
    EXECUTE format('ALTER TABLE admissions_auditevent ALTER COLUMN id'
        ' ADD GENERATED ALWAYS AS IDENTITY (START WITH %s)', last);
    FOREACH said IN ARRAY kept LOOP
        EXECUTE said;
    END LOOP;
END
$$;
"""

# TRUNCATE of a partition by its own name fires no trigger of the table that it belongs to.
FUNCTIONS = """
CREATE FUNCTION admissions_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % stay', TG_TABLE_NAME;
END
$$;

CREATE TRIGGER audit_partition_is_never_emptied
    BEFORE TRUNCATE ON admissions_auditevent_default
    EXECUTE FUNCTION admissions_refuse_truncate();

-- Makes the partition of a quarter, with what stands in the default one of it; true if it is new.
CREATE FUNCTION admissions_add_audit_partition(begins timestamptz) RETURNS boolean
LANGUAGE plpgsql SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    ends timestamptz := begins + interval '3 months';
    made text := 'admissions_auditevent_' || to_char(begins, 'YYYY"q"Q');
BEGIN
    IF begins <> date_trunc('quarter', begins) THEN
        RAISE EXCEPTION 'no quarter begins at %', begins;
    END IF;
    IF to_regclass(made) IS NOT NULL THEN
        RETURN false;
    END IF;
    LOCK TABLE admissions_auditevent_default IN ACCESS EXCLUSIVE MODE;
    IF to_regclass(made) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE admissions_auditevent INCLUDING CONSTRAINTS)', made);
    IF EXISTS (SELECT FROM admissions_auditevent_default WHERE at >= begins AND at < ends) THEN
        SET CONSTRAINTS ALL IMMEDIATE;
        EXECUTE format('INSERT INTO %I SELECT * FROM admissions_auditevent_default'
            ' WHERE at >= %L AND at < %L', made, begins, ends);
        ALTER TABLE admissions_auditevent_default DISABLE TRIGGER USER;
        DELETE FROM admissions_auditevent_default WHERE at >= begins AND at < ends;
        ALTER TABLE admissions_auditevent_default ENABLE TRIGGER USER;
    END IF;
    EXECUTE format('CREATE TRIGGER audit_partition_is_never_emptied BEFORE TRUNCATE ON %I'
        ' EXECUTE FUNCTION admissions_refuse_truncate()', made);
    EXECUTE format('ALTER TABLE admissions_auditevent ATTACH PARTITION %I'
        ' FOR VALUES FROM (%L) TO (%L)', made, begins, ends);
    RETURN true;
END
$$;

-- What the worker may do of this: the partitions of this quarter and a year ahead, and those of
-- what the default one had to catch. Whoever waits for it waits for a second at most.
CREATE FUNCTION admissions_make_audit_partitions() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC' SET lock_timeout = '1s' AS $$
DECLARE
    this_quarter timestamptz := date_trunc('quarter', now());
    begins timestamptz;
    made integer := 0;
BEGIN
    -- As an array: a query that is still open would hold the default partition.
    FOREACH begins IN ARRAY ARRAY(
        SELECT this_quarter + n * interval '3 months' FROM generate_series(0, 4) AS n
        UNION
        SELECT date_trunc('quarter', at) FROM admissions_auditevent_default
            WHERE at >= this_quarter - interval '10 years'
            AND at < this_quarter + interval '15 months'
        ORDER BY 1
    ) LOOP
        made := made + admissions_add_audit_partition(begins)::integer;
    END LOOP;
    RETURN made;
END
$$;

REVOKE ALL ON FUNCTION admissions_refuse_truncate(), admissions_add_audit_partition(timestamptz),
    admissions_make_audit_partitions() FROM PUBLIC;
SELECT admissions_make_audit_partitions();
"""


class Migration(migrations.Migration):
    dependencies = [("admissions", "0018_share_turns_of_beats")]

    operations = [
        migrations.RunSQL(PART),
        migrations.RunSQL(FUNCTIONS),
    ]
