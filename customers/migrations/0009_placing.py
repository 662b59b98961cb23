"""An import says who gets the customers that it makes."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0008_list_orders")]

    operations = [
        migrations.AddField(
            model_name="importjob",
            name="placing",
            field=models.CharField(
                choices=[
                    ("RULE", "assign by rule"),
                    ("NOBODY", "keep without an owner"),
                    ("POOL", "to a public pool"),
                ],
                default="RULE",
                max_length=6,
                verbose_name="new customers",
            ),
        ),
        migrations.AddField(
            model_name="importjob",
            name="pool",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="customers.pool",
                verbose_name="public pool",
            ),
        ),
        migrations.AddConstraint(
            model_name="importjob",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("placing", "POOL"), ("pool__isnull", False)),
                    models.Q(models.Q(("placing", "POOL"), _negated=True), ("pool__isnull", True)),
                    _connector="OR",
                ),
                name="import_pool_named",
            ),
        ),
    ]
