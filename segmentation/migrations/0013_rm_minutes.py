from django.db import migrations, models
from django.db.models import Q

_CLASSES = """
UPDATE segmentation_servicepackage SET rm_minutes = CASE service_class WHEN 'KEY' THEN 120 WHEN 'IMPORTANT' THEN 45 ELSE 10 END
"""


class Migration(migrations.Migration):

    dependencies = [("segmentation", "0012_stage_moves")]

    operations = [
        migrations.AddField(
            model_name="servicepackage",
            name="rm_minutes",
            field=models.PositiveSmallIntegerField(
                default=10, verbose_name="minutes of the RM for a customer in 90 days"
            ),
        ),
        migrations.RunSQL(_CLASSES, migrations.RunSQL.noop),
        migrations.RemoveConstraint(model_name="servicepackage", name="service_package_has_minimum"),
        migrations.AddConstraint(
            model_name="servicepackage",
            constraint=models.CheckConstraint(
                condition=Q(answer_hours__gt=0, contact_days__gt=0, rm_minutes__gt=0),
                name="service_package_has_minimum",
                violation_error_message="Every class has a minimum: hours, days and minutes are more than 0.",
            ),
        ),
    ]
