"""What the database itself refuses: changing a decision, changing a rule that is or was in force."""

from django.db import migrations

DECISIONS = """
CREATE TRIGGER risk_decision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON risk_decisionrecord
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""
DECISIONS_BACK = "DROP TRIGGER risk_decision_append_only ON risk_decisionrecord;"

RULES = """
CREATE FUNCTION risk_refuse_rule_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state = 'DRAFT' THEN
            RETURN OLD;
        END IF;
    ELSIF OLD.state = 'DRAFT' THEN
        RETURN NEW;
    ELSIF OLD.state = 'PUBLISHED'
        -- Only its end may be written on a rule in force; state and end are the only columns that differ.
        AND to_jsonb(NEW) - 'state' - 'retired_at' = to_jsonb(OLD) - 'state' - 'retired_at'
        AND NEW.state = 'RETIRED' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% % is not a draft', TG_TABLE_NAME, OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER risk_scorecard_frozen BEFORE UPDATE OR DELETE ON risk_scorecard
    FOR EACH ROW EXECUTE FUNCTION risk_refuse_rule_change();
CREATE TRIGGER risk_table_frozen BEFORE UPDATE OR DELETE ON risk_decisiontable
    FOR EACH ROW EXECUTE FUNCTION risk_refuse_rule_change();
"""
RULES_BACK = """
DROP TRIGGER risk_table_frozen ON risk_decisiontable;
DROP TRIGGER risk_scorecard_frozen ON risk_scorecard;
DROP FUNCTION risk_refuse_rule_change();
"""


class Migration(migrations.Migration):
    dependencies = [("risk", "0001_initial"), ("core", "0002_guards")]

    operations = [
        migrations.RunSQL(DECISIONS, DECISIONS_BACK),
        migrations.RunSQL(RULES, RULES_BACK),
    ]
