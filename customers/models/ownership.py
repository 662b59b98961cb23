"""Who looks after whom: collaborators, pools, handovers, and every change of owner."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from core.ids import PublicIdField
from customers.models.customer import Customer


class Collaborator(models.Model):
    """A colleague who works on a customer beside the RM."""

    class Level(models.TextChoices):
        READ = "READ", _("may read")
        WRITE = "WRITE", _("may read and write")

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="collaborators")
    member = models.ForeignKey("staff.StaffMember", models.PROTECT, related_name="collaborations")
    level = models.CharField(_("level"), max_length=5, choices=Level)
    title = models.CharField(_("as"), max_length=40, blank=True, help_text=_("Adviser for funds, for example"))
    added_at = models.DateTimeField(_("since"))
    added_by = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("collaborator")
        verbose_name_plural = _("collaborators")
        constraints = [models.UniqueConstraint(fields=["customer", "member"], name="collaborator_once")]


class AssignmentRule(models.Model):
    """Which new customers and leads go to whom; the first rule that fits decides."""

    class Way(models.TextChoices):
        IN_TURN = "IN_TURN", _("in turn")
        LEAST_BUSY = "LEAST_BUSY", _("who has the most room")

    name = models.CharField(_("name"), max_length=60, unique=True)
    place = models.PositiveSmallIntegerField(_("place"), default=100)
    role = models.CharField(
        _("for"), max_length=8, blank=True, choices=[("BORROWER", _("Borrower")), ("INVESTOR", _("Investor"))]
    )
    sources = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name=_("sources"))
    region_prefixes = ArrayField(models.CharField(max_length=6), default=list, blank=True, verbose_name=_("regions"))
    team = models.ForeignKey("staff.Team", models.PROTECT, related_name="+", verbose_name=_("team"))
    way = models.CharField(_("way"), max_length=10, choices=Way, default=Way.LEAST_BUSY)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("assignment rule")
        verbose_name_plural = _("assignment rules")
        ordering = ["place", "id"]

    def __str__(self) -> str:
        return self.name


class Pool(models.Model):
    """A public pool of customers without an RM, and its rules of claiming and taking back."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    department = models.ForeignKey("staff.Department", models.PROTECT, related_name="+", verbose_name=_("for"))
    daily_claims = models.PositiveSmallIntegerField(_("claims a day"), default=10)
    cool_down_days = models.PositiveSmallIntegerField(_("days before the last RM may claim again"), default=30)
    # Taken back from an RM without contact for so many days; zero never. Protected customers stay.
    no_contact_days = models.PositiveSmallIntegerField(_("days without contact"), default=30)
    no_deal_days = models.PositiveSmallIntegerField(_("days without a deal"), default=0)
    warning_days = models.PositiveSmallIntegerField(_("warning so many days before"), default=3)
    # Running loans and money lent out keep a customer with his RM.
    keeps_dealing = models.BooleanField(_("customers with running deals stay"), default=True)
    daily_views = models.PositiveSmallIntegerField(_("records looked at a day"), default=50)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("public pool")
        verbose_name_plural = _("public pools")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PoolView(models.Model):
    """A record of a public pool that somebody looked at on a day; what the daily limit counts."""

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey("staff.StaffMember", models.PROTECT, related_name="+")
    pool = models.ForeignKey(Pool, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "pool", "day", "customer"], name="pool_view_once")]


class OwnerChange(models.Model):
    """One change of RM: from whom, to whom, why; what the cool-down, undo and reports read."""

    class Reason(models.TextChoices):
        ASSIGNED = "ASSIGNED", _("assigned")
        RULE = "RULE", _("assigned by rule")
        CLAIMED = "CLAIMED", _("claimed from the pool")
        RELEASED = "RELEASED", _("released to the pool")
        RECYCLED = "RECYCLED", _("taken back to the pool")
        HANDOVER = "HANDOVER", _("handed over")
        BULK = "BULK", _("changed with others")
        UNDONE = "UNDONE", _("change taken back")

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="owner_changes")
    old = models.ForeignKey("staff.StaffMember", models.PROTECT, null=True, related_name="+")
    new = models.ForeignKey("staff.StaffMember", models.PROTECT, null=True, related_name="+")
    old_pool = models.ForeignKey(Pool, models.PROTECT, null=True, related_name="+")
    new_pool = models.ForeignKey(Pool, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(_("reason"), max_length=8, choices=Reason)
    note = models.CharField(_("note"), max_length=200, blank=True)
    # What was done in one act shares a batch.
    batch = models.CharField(max_length=40, blank=True)
    actor = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("change of RM")
        verbose_name_plural = _("changes of RM")
        indexes = [
            models.Index(fields=["customer", "-id"], name="owner_change_customer"),
            models.Index(fields=["new", "reason", "-at"], name="owner_change_new"),
            models.Index(fields=["batch"], name="owner_change_batch", condition=~Q(batch="")),
        ]


class Handover(models.Model):
    """Customers passing from one RM to others: one customer or a leaver's whole book."""

    class State(models.TextChoices):
        RUNNING = "RUNNING", _("running")
        DONE = "DONE", _("done")

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField()
    giver = models.ForeignKey("staff.StaffMember", models.PROTECT, related_name="+", verbose_name=_("from"))
    is_leaving = models.BooleanField(_("leaves the company"), default=False)
    # Receiver of each customer by key: {"12": [customer ids]}.
    plan = models.JSONField(default=dict)
    total = models.PositiveIntegerField(_("customers"), default=0)
    moved = models.PositiveIntegerField(_("handed over"), default=0)
    tasks_moved = models.PositiveIntegerField(_("tasks"), default=0)
    promises_moved = models.PositiveIntegerField(_("promises"), default=0)
    told = models.PositiveIntegerField(_("customers told"), default=0)
    note = models.CharField(_("note"), max_length=300, blank=True)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.RUNNING)
    actor = models.ForeignKey("core.User", models.PROTECT, related_name="+")
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("handover")
        verbose_name_plural = _("handovers")
        ordering = ["-id"]


class LeaverWatch(models.Model):
    """The book of a leaver, watched for customers who leave or move money unusually."""

    id = models.BigAutoField(primary_key=True)
    handover = models.OneToOneField(Handover, models.PROTECT, related_name="watch")
    customers = ArrayField(models.BigIntegerField(), default=list)
    from_date = models.DateField(_("from"))
    until_date = models.DateField(_("until"))
    # The same customers' usual outflow in as many days before.
    usual_outflow = MoneyField(_("usual outflow"), default=0)
    outflow = MoneyField(_("outflow"), default=0)
    exits = models.PositiveIntegerField(_("exits"), default=0)
    alarmed_at = models.DateTimeField(_("alarm"), null=True, blank=True)

    class Meta:
        verbose_name = _("watch over a leaver's book")
        verbose_name_plural = _("watches over leavers' books")
        constraints = [models.CheckConstraint(condition=Q(until_date__gt=F("from_date")), name="watch_has_days")]
