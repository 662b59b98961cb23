"""Remember which rights the standard roles have been given, so that only new ones are given later."""

import django.contrib.postgres.fields
from django.db import migrations, models

# The standard roles as the release before this one made them; their administrators may have changed them since.
_RM = [
    "customers.view",
    "customers.unmask",
    "customers.edit",
    "lending.view_applications",
    "lending.view_loans",
    "messaging.view",
    "service.collect",
    "analytics.view",
]
_RISK = [
    "customers.view",
    "customers.unmask",
    "lending.view_applications",
    "lending.review_application",
    "lending.view_loans",
    "risk.view_alerts",
    "risk.handle_alerts",
    "analytics.view",
]
_OFFERED = {
    "rm": _RM,
    "team-lead": [*_RM, "risk.view_alerts"],
    "service-agent": ["customers.view", "lending.view_loans", "messaging.view"],
    "risk-officer": _RISK,
    "risk-manager": [*_RISK, "lending.confirm_review", "operations.approve"],
    "manager": [
        "customers.view",
        "lending.view_applications",
        "lending.view_loans",
        "risk.view_alerts",
        "messaging.view",
        "analytics.view",
        "operations.approve",
    ],
    "operations": ["customers.view", "lending.view_loans", "messaging.view", "analytics.view", "operations.configure"],
    "auditor": ["customers.view", "lending.view_loans", "analytics.view", "operations.audit"],
}


def note_offered(apps, schema_editor):
    for role in apps.get_model("staff", "Role").objects.all():
        role.offered = _OFFERED.get(role.code, role.rights)
        role.save(update_fields=["offered"])


class Migration(migrations.Migration):
    dependencies = [("staff", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="role",
            name="offered",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60), default=list, editable=False, size=None
            ),
        ),
        migrations.RunPython(note_offered, migrations.RunPython.noop),
    ]
