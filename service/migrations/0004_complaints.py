from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("service", "0003_department_cases")]

    operations = [
        migrations.AddField(
            model_name="departmentcase",
            name="is_complaint",
            field=models.BooleanField(default=False, verbose_name="complaint"),
        ),
    ]
