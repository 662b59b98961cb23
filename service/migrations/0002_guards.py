"""What the database itself refuses: changing the record of a contact with a debtor."""

from django.db import migrations

CONTACTS = """
CREATE TRIGGER service_contact_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON service_collectioncontact
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
"""
CONTACTS_BACK = "DROP TRIGGER service_contact_append_only ON service_collectioncontact;"


class Migration(migrations.Migration):
    dependencies = [("service", "0001_initial"), ("core", "0002_guards")]

    operations = [migrations.RunSQL(CONTACTS, CONTACTS_BACK)]
