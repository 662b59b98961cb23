from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0006_work")]

    operations = [
        migrations.AddField(model_name="importjob", name="faults", field=models.JSONField(default=dict)),
    ]
