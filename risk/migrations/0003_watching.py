import django.core.validators
from django.db import migrations, models
from django.db.models import F, Q

_DAYS = [django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(30)]
_MEASURES = [
    ("NONE", "none"),
    ("PAUSE_PRODUCT", "pause the product's new listings"),
    ("PAUSE_MARKETING", "pause marketing of the product"),
    ("RAISE_COLLECTIONS", "collect the product's arrears first"),
]


class Migration(migrations.Migration):
    dependencies = [("risk", "0002_guards")]

    operations = [
        migrations.RemoveConstraint(model_name="alertrule", name="alert_rule_limits"),
        migrations.AddField(
            model_name="alertrule",
            name="direction",
            field=models.CharField(
                choices=[("ABOVE", "above the limit"), ("BELOW", "below the limit")],
                default="ABOVE",
                max_length=5,
                verbose_name="bad is",
            ),
        ),
        migrations.AddField(
            model_name="alertrule",
            name="raise_days",
            field=models.PositiveSmallIntegerField(
                default=1, validators=_DAYS, verbose_name="closes in a row until raised"
            ),
        ),
        migrations.AddField(
            model_name="alertrule",
            name="clear_days",
            field=models.PositiveSmallIntegerField(
                default=1, validators=_DAYS, verbose_name="closes in a row until over"
            ),
        ),
        migrations.AlterField(
            model_name="alertrule",
            name="raise_above",
            field=models.DecimalField(
                blank=True, decimal_places=6, max_digits=20, null=True, verbose_name="limit that raises"
            ),
        ),
        migrations.AlterField(
            model_name="alertrule",
            name="clear_at",
            field=models.DecimalField(
                blank=True, decimal_places=6, max_digits=20, null=True, verbose_name="limit that ends"
            ),
        ),
        migrations.AlterField(
            model_name="alertrule",
            name="dimension",
            field=models.CharField(
                blank=True,
                help_text="a product's code or other part; empty for the total, * for each part",
                max_length=60,
                verbose_name="dimension",
            ),
        ),
        migrations.AlterField(
            model_name="alertrule",
            name="measure",
            field=models.CharField(choices=_MEASURES, default="NONE", max_length=20, verbose_name="measure"),
        ),
        migrations.AlterField(
            model_name="alert",
            name="measure_taken",
            field=models.CharField(choices=_MEASURES, default="NONE", max_length=20, verbose_name="measure taken"),
        ),
        migrations.AddConstraint(
            model_name="alertrule",
            constraint=models.CheckConstraint(
                condition=Q(limits="PRODUCT", direction="ABOVE", raise_above__isnull=True, clear_at__isnull=True)
                | Q(
                    limits="RULE",
                    direction="ABOVE",
                    raise_above__isnull=False,
                    clear_at__isnull=False,
                    clear_at__lte=F("raise_above"),
                )
                | Q(
                    limits="RULE",
                    direction="BELOW",
                    raise_above__isnull=False,
                    clear_at__isnull=False,
                    clear_at__gte=F("raise_above"),
                ),
                name="alert_rule_limits",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertrule",
            constraint=models.CheckConstraint(
                condition=Q(raise_days__range=(1, 30), clear_days__range=(1, 30)), name="alert_rule_days"
            ),
        ),
    ]
