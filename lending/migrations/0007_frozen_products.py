from django.db import migrations, models
from django.db.migrations.state import StateApps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def mark_frozen(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Mark what a freeze paused before there was a mark: its reason began so."""
    products = apps.get_model("lending", "Product").objects
    products.filter(state="PAUSED", paused_reason__startswith="全平台冻结").update(is_frozen=True)


class Migration(migrations.Migration):

    dependencies = [
        ('lending', '0006_interest_given_back'),
    ]

    operations = [
        migrations.AddField(
            model_name='product',
            name='is_frozen',
            field=models.BooleanField(default=False, verbose_name='paused with the whole platform'),
        ),
        migrations.RunPython(mark_frozen, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.CheckConstraint(
                condition=models.Q(('is_frozen', False), ('state', 'PAUSED'), _connector='OR'),
                name='product_frozen_is_paused',
            ),
        ),
    ]
