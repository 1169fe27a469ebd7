"""Every long text has versions, of which published ones stay; a program has one text per language."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import programs.models.reading
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def keep_newest_drafts(apps, schema_editor):
    """A text has one draft, its newest version: drafts that a newer version replaced go."""
    page = apps.get_model("programs", "Page").objects
    for draft in page.filter(is_published=False):
        newer = page.filter(slug=draft.slug, language=draft.language, version__gt=draft.version)
        if newer.exists():
            draft.delete()


class Migration(migrations.Migration):

    dependencies = [
        ('programs', '0005_more_articles'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(keep_newest_drafts, migrations.RunPython.noop),
        migrations.CreateModel(
            name='ProgramText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(default='en', max_length=10, verbose_name='language')),
                ('version', models.PositiveSmallIntegerField(default=1, editable=False, verbose_name='version')),
                ('is_published', models.BooleanField(default=False, editable=False, verbose_name='published')),
                ('is_withdrawn', models.BooleanField(default=False, editable=False, help_text='From this version on the text is not shown.', verbose_name='taken off the site')),
                ('changed_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('published_at', models.DateTimeField(editable=False, null=True, verbose_name='published at')),
                ('reviewed_by', models.CharField(blank=True, help_text='Name and credential.', max_length=120, verbose_name='reviewed by')),
                ('reviewed_on', models.DateField(blank=True, null=True, verbose_name='reviewed on')),
                ('body', models.TextField(help_text='Markdown. Each ## heading begins a part. Reading level: grade 6 to 8.', validators=[programs.models.reading.headed_parts], verbose_name='text')),
            ],
            options={
                'verbose_name': "program's text",
                'verbose_name_plural': "programs' texts",
                'ordering': ['program__sort_order', 'program', 'language', '-version'],
            },
        ),
        migrations.AlterModelOptions(
            name='article',
            options={'ordering': ['sort_order', 'slug', 'language', '-version'], 'verbose_name': 'article', 'verbose_name_plural': 'articles'},
        ),
        migrations.AlterModelOptions(
            name='question',
            options={'ordering': ['sort_order', 'slug', 'language', '-version'], 'verbose_name': 'question', 'verbose_name_plural': 'questions'},
        ),
        migrations.RemoveConstraint(
            model_name='article',
            name='article_once_per_language',
        ),
        migrations.RemoveConstraint(
            model_name='question',
            name='question_once_per_language',
        ),
        migrations.AddField(
            model_name='article',
            name='changed_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='changed by'),
        ),
        migrations.AddField(
            model_name='article',
            name='is_withdrawn',
            field=models.BooleanField(default=False, editable=False, help_text='From this version on the text is not shown.', verbose_name='taken off the site'),
        ),
        migrations.AddField(
            model_name='article',
            name='published_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='published at'),
        ),
        migrations.AddField(
            model_name='article',
            name='published_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='published by'),
        ),
        migrations.AddField(
            model_name='article',
            name='version',
            field=models.PositiveSmallIntegerField(default=1, editable=False, verbose_name='version'),
        ),
        migrations.AddField(
            model_name='page',
            name='changed_at',
            field=models.DateTimeField(auto_now=True, default=timezone.now, verbose_name='changed'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='page',
            name='changed_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='changed by'),
        ),
        migrations.AddField(
            model_name='page',
            name='is_withdrawn',
            field=models.BooleanField(default=False, editable=False, help_text='From this version on the text is not shown.', verbose_name='taken off the site'),
        ),
        migrations.AddField(
            model_name='page',
            name='published_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='published at'),
        ),
        migrations.AddField(
            model_name='page',
            name='published_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='published by'),
        ),
        migrations.AddField(
            model_name='page',
            name='reviewed_by',
            field=models.CharField(blank=True, help_text='Name and credential.', max_length=120, verbose_name='reviewed by'),
        ),
        migrations.AddField(
            model_name='page',
            name='reviewed_on',
            field=models.DateField(blank=True, null=True, verbose_name='reviewed on'),
        ),
        migrations.AddField(
            model_name='question',
            name='changed_at',
            field=models.DateTimeField(auto_now=True, default=timezone.now, verbose_name='changed'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='question',
            name='changed_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='changed by'),
        ),
        migrations.AddField(
            model_name='question',
            name='is_withdrawn',
            field=models.BooleanField(default=False, editable=False, help_text='From this version on the text is not shown.', verbose_name='taken off the site'),
        ),
        migrations.AddField(
            model_name='question',
            name='published_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='published at'),
        ),
        migrations.AddField(
            model_name='question',
            name='published_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='published by'),
        ),
        migrations.AddField(
            model_name='question',
            name='version',
            field=models.PositiveSmallIntegerField(default=1, editable=False, verbose_name='version'),
        ),
        migrations.AlterField(
            model_name='article',
            name='is_published',
            field=models.BooleanField(default=False, editable=False, verbose_name='published'),
        ),
        migrations.AlterField(
            model_name='page',
            name='body',
            field=models.TextField(help_text='Markdown.', verbose_name='text'),
        ),
        migrations.AlterField(
            model_name='page',
            name='is_published',
            field=models.BooleanField(default=False, editable=False, verbose_name='published'),
        ),
        migrations.AlterField(
            model_name='question',
            name='is_published',
            field=models.BooleanField(default=False, editable=False, verbose_name='published'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='article',
            trigger=pgtrigger.compiler.Trigger(name='article_published_never_changes', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."is_published")', func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='3496d2a38c6b0219a4287d20a43e60604a18e463', operation='UPDATE OR DELETE', pgid='pgtrigger_article_published_never_changes_078b8', table='programs_article', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='question',
            trigger=pgtrigger.compiler.Trigger(name='question_published_never_changes', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."is_published")', func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='81079fd4e7374cd26501bdbb87b5851ac01c6c73', operation='UPDATE OR DELETE', pgid='pgtrigger_question_published_never_changes_f29f6', table='programs_question', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='article',
            constraint=models.UniqueConstraint(fields=('slug', 'language', 'version'), name='article_version_once'),
        ),
        migrations.AddConstraint(
            model_name='article',
            constraint=models.UniqueConstraint(condition=models.Q(('is_published', False)), fields=('slug', 'language'), name='article_one_draft'),
        ),
        migrations.AddConstraint(
            model_name='article',
            constraint=models.CheckConstraint(condition=models.Q(('is_published', True), models.Q(('is_withdrawn', False), ('published_at', None), ('published_by', None)), _connector='OR'), name='article_draft_is_not_published_by_anyone'),
        ),
        migrations.AddConstraint(
            model_name='page',
            constraint=models.UniqueConstraint(condition=models.Q(('is_published', False)), fields=('slug', 'language'), name='page_one_draft'),
        ),
        migrations.AddConstraint(
            model_name='page',
            constraint=models.CheckConstraint(condition=models.Q(('is_published', True), models.Q(('is_withdrawn', False), ('published_at', None), ('published_by', None)), _connector='OR'), name='page_draft_is_not_published_by_anyone'),
        ),
        migrations.AddConstraint(
            model_name='page',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reviewed_by', ''), ('reviewed_on', None)), models.Q(models.Q(('reviewed_by', ''), _negated=True), ('reviewed_on__isnull', False)), _connector='OR'), name='page_review_has_who_and_when', violation_error_message='Give both who reviewed this text and when.'),
        ),
        migrations.AddConstraint(
            model_name='question',
            constraint=models.UniqueConstraint(fields=('slug', 'language', 'version'), name='question_version_once'),
        ),
        migrations.AddConstraint(
            model_name='question',
            constraint=models.UniqueConstraint(condition=models.Q(('is_published', False)), fields=('slug', 'language'), name='question_one_draft'),
        ),
        migrations.AddConstraint(
            model_name='question',
            constraint=models.CheckConstraint(condition=models.Q(('is_published', True), models.Q(('is_withdrawn', False), ('published_at', None), ('published_by', None)), _connector='OR'), name='question_draft_is_not_published_by_anyone'),
        ),
        migrations.AlterConstraint(
            model_name='article',
            name='article_review_has_who_and_when',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reviewed_by', ''), ('reviewed_on', None)), models.Q(models.Q(('reviewed_by', ''), _negated=True), ('reviewed_on__isnull', False)), _connector='OR'), name='article_review_has_who_and_when', violation_error_message='Give both who reviewed this text and when.'),
        ),
        migrations.AddField(
            model_name='programtext',
            name='changed_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='changed by'),
        ),
        migrations.AddField(
            model_name='programtext',
            name='program',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='texts', to='programs.program', verbose_name='program'),
        ),
        migrations.AddField(
            model_name='programtext',
            name='published_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='published by'),
        ),
        migrations.AddConstraint(
            model_name='programtext',
            constraint=models.UniqueConstraint(fields=('program', 'language', 'version'), name='program_text_version_once'),
        ),
        migrations.AddConstraint(
            model_name='programtext',
            constraint=models.UniqueConstraint(condition=models.Q(('is_published', False)), fields=('program', 'language'), name='program_text_one_draft'),
        ),
        migrations.AddConstraint(
            model_name='programtext',
            constraint=models.CheckConstraint(condition=models.Q(('is_published', True), models.Q(('is_withdrawn', False), ('published_at', None), ('published_by', None)), _connector='OR'), name='program_text_draft_is_not_published_by_anyone'),
        ),
        migrations.AddConstraint(
            model_name='programtext',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reviewed_by', ''), ('reviewed_on', None)), models.Q(models.Q(('reviewed_by', ''), _negated=True), ('reviewed_on__isnull', False)), _connector='OR'), name='program_text_review_has_who_and_when', violation_error_message='Give both who reviewed this text and when.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='programtext',
            trigger=pgtrigger.compiler.Trigger(name='program_text_published_never_changes', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."is_published")', func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='574939d1013ab36494f55e39e0d74a113a7641aa', operation='UPDATE OR DELETE', pgid='pgtrigger_program_text_published_never_changes_0335e', table='programs_programtext', when='BEFORE')),
        ),
    ]
