"""What the database itself refuses: changing the audit trail, moving the business date backwards."""

from django.db import migrations

AUDIT = """
CREATE FUNCTION core_audit_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.transaction_id := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;
CREATE TRIGGER core_audit_stamp BEFORE INSERT ON core_auditentry
    FOR EACH ROW EXECUTE FUNCTION core_audit_stamp();

CREATE FUNCTION core_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER core_audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON core_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER core_seal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON core_auditseal
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER core_outbox_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON core_outboxevent
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""
AUDIT_BACK = """
DROP TRIGGER core_outbox_append_only ON core_outboxevent;
DROP TRIGGER core_seal_append_only ON core_auditseal;
DROP TRIGGER core_audit_append_only ON core_auditentry;
DROP FUNCTION core_refuse_change();
DROP TRIGGER core_audit_stamp ON core_auditentry;
DROP FUNCTION core_audit_stamp();
"""

BUSINESS_DATE = """
CREATE FUNCTION core_business_date_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.value < OLD.value THEN
        RAISE EXCEPTION 'the business date never moves backwards' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER core_business_date_forward BEFORE UPDATE ON core_businessdate
    FOR EACH ROW EXECUTE FUNCTION core_business_date_forward();
ALTER TABLE core_eventdelivery SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
"""
BUSINESS_DATE_BACK = """
DROP TRIGGER core_business_date_forward ON core_businessdate;
DROP FUNCTION core_business_date_forward();
ALTER TABLE core_eventdelivery RESET (fillfactor, autovacuum_vacuum_scale_factor);
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.RunSQL(AUDIT, AUDIT_BACK),
        migrations.RunSQL(BUSINESS_DATE, BUSINESS_DATE_BACK),
    ]
