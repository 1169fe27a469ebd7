"""Nothing reads a program's sections any more: they are parts of its text."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("programs", "0007_sections_become_texts")]
    operations = [migrations.DeleteModel(name="ProgramSection")]
