"""Declines and labels set by hand point at customers for Django, so that merges take them along; the columns stay as they are."""

import django.db.models.deletion
from django.db import migrations, models


def _customer() -> models.ForeignKey:
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name="+",
        to="customers.customer",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0016_social_consent"),
        ("segmentation", "0008_recommendation"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint(model_name="decline", name="decline_open_once"),
                migrations.RemoveConstraint(model_name="labelchoice", name="label_choice_open_once"),
                migrations.RemoveIndex(model_name="decline", name="decline_customer"),
                migrations.RemoveField(model_name="decline", name="customer_id"),
                migrations.RemoveField(model_name="labelchoice", name="customer_id"),
                migrations.AddField(model_name="decline", name="customer", field=_customer()),
                migrations.AddField(model_name="labelchoice", name="customer", field=_customer()),
                migrations.AddIndex(
                    model_name="decline", index=models.Index(fields=["customer", "-id"], name="decline_customer")
                ),
                migrations.AddConstraint(
                    model_name="decline",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("state", "OPEN")), fields=("customer", "role"), name="decline_open_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="labelchoice",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("customer", "label"),
                        name="label_choice_open_once",
                    ),
                ),
            ]
        )
    ]
