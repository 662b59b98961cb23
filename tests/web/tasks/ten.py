"""The ten tasks an RM does most, each by keyboard alone and by mouse or finger, and what each leaves in the database."""

from datetime import timedelta
from decimal import Decimal
from itertools import count

from django.http import QueryDict
from playwright.sync_api import expect

from core import clock
from core.fields import blind_index
from core.models import User
from core.registries import attributes
from customers import fields
from customers.models import (
    Contact,
    Customer,
    FieldChange,
    Lead,
    Note,
    Notice,
    Opportunity,
    Pool,
    Promise,
    RecordVisit,
    SavedView,
    WorkItem,
)
from customers.operations import history, leads, opportunities
from customers.operations.facts import set_facts
from customers.operations.leads import LeadIntake
from customers.queries.filters import RECORD
from tests.web.conftest import make_customer
from tests.web.tasks.hands import Hands, Way
from tests.web.tasks.stage import MANY, clear_desk, fresh, say
from tests.web.tasks.task import OnCustomer, Task

_numbers = count(1)


class FindByPinyin(Task):
    number, title = 1, "Find a customer by pinyin and open his page"

    def prepare(self) -> None:
        RecordVisit.objects.all().delete()

    def by_keys(self, hands: Hands) -> None:
        hands.press("Control+k")
        hands.type("wxm")
        hands.press_and_load("Enter")
        hands.see(".strip-name", "王小明")

    def by_touch(self, hands: Hands) -> None:
        hands.touch("[data-open-palette]")
        hands.type("wxm")
        found = hands.page.locator("#palette-list [role=option]", has_text="王小明").first
        hands.touch_and_load(found)
        hands.see(".strip-name", "王小明")

    def check(self) -> None:
        assert RecordVisit.objects.get().customer == self.customer


class LogCall(OnCustomer):
    number, title = 2, "Log a call with its result and promise the next contact"

    def prepare(self) -> None:
        Promise.objects.filter(customer=self.customer).update(state=Promise.State.KEPT, closed_at=clock.now())
        self.note = f"call {next(_numbers)}"

    def by_keys(self, hands: Hands) -> None:
        hands.press("l")
        hands.press("Tab")
        hands.press("ArrowDown", 2)
        hands.press("Tab")
        hands.type(self.note)
        hands.press("Tab", 2)
        hands.press("Enter")
        hands.press_and_load("Control+Enter")
        hands.see(".timeline", self.note)

    def by_touch(self, hands: Hands) -> None:
        hands.touch('.strip [popovertarget="contact"]')
        hands.pick("#contact_result", Contact.Result.CALL_BACK)
        hands.touch("#contact_note")
        hands.type(self.note)
        hands.touch('#contact [data-ahead="3"]')
        hands.touch_and_load("#contact .form-foot button")
        hands.see(".timeline", self.note)

    def check(self) -> None:
        contact = Contact.objects.get(note=self.note)
        assert (contact.customer, contact.channel, contact.result) == (self.customer, "CALL", "CALL_BACK")
        promise = Promise.objects.get(customer=self.customer, state=Promise.State.OPEN)
        ahead = promise.due_at - clock.now()
        assert promise.is_contact and timedelta(days=2) < ahead < timedelta(days=4)


class FinishFirst(Task):
    number, title = 3, "Finish the first item of Today and land on the next"

    def prepare(self) -> None:
        clear_desk()
        self.keys = [f"task:{next(_numbers)}:{place}" for place in "ab"]
        for place, key in enumerate(self.keys):
            history.raise_work(
                group=WorkItem.Group.PROMISED,
                kind="customers.reminder",
                reason_code="customers.reminder",
                params={"text": key},
                key=key,
                now=clock.now(),
                customer_id=self.customer.pk,
                urgency=place + 1,
                url=f"/customers/{self.customer.public_id}/",
            )

    def by_keys(self, hands: Hands) -> None:
        hands.press("j")
        hands.press("d")
        expect(hands.page.locator(".work-item")).to_have_count(1)
        expect(hands.page.locator(".work-item", has_text=self.keys[1])).to_be_focused()

    def by_touch(self, hands: Hands) -> None:
        hands.touch(hands.page.locator(".work-item").first.locator('[data-key="d"]'))
        expect(hands.page.locator(".work-item")).to_have_count(1)
        hands.see(".work-item", self.keys[1])

    def check(self) -> None:
        first, second = (WorkItem.objects.get(key=key) for key in self.keys)
        assert (first.state, second.state) == ("DONE", "OPEN")


class AnswerLead(Task):
    number, title = 4, "Answer a new lead in time and make a customer of it"

    def prepare(self) -> None:
        clear_desk()
        self.lead = leads.take_in_lead(
            intake=LeadIntake(
                method="CONSULTATION",
                role="BORROWER",
                name="赵子龙",
                phone=f"137{next(_numbers):08d}",
                origin={"enquiry": "利率"},
            ),
            owner_id=self.book.rm.staff_member.pk,
            actor=self.book.rm,
            now=clock.now(),
        )

    def by_keys(self, hands: Hands) -> None:
        hands.press("j")
        hands.press_and_load("Enter")
        hands.press("l")
        hands.press("Tab", 2)
        hands.type("wants 50 000")
        hands.press_and_load("Control+Enter")
        hands.press_and_load("c")
        hands.see(".toast")

    def by_touch(self, hands: Hands) -> None:
        hands.touch_and_load(hands.page.locator(".work-item a.row-link").first)
        hands.touch('.strip [popovertarget="contact"]')
        hands.touch("#answer_note")
        hands.type("wants 50 000")
        hands.touch_and_load("#contact .form-foot button")
        hands.touch_and_load('.strip [data-key="c"]')
        hands.see(".toast")

    def check(self) -> None:
        lead = Lead.objects.get(pk=self.lead.pk)
        assert lead.state == Lead.State.CONVERTED
        assert lead.answered_at and lead.answer_due_at and lead.answered_at <= lead.answer_due_at
        assert lead.customer and lead.customer.rm == self.book.rm.staff_member
        assert [contact.note for contact in Contact.objects.filter(lead=lead)] == ["wants 50 000"], lead


class MoveAndUndo(Task):
    number, title = 5, "Move an opportunity one stage and take it back"

    def prepare(self) -> None:
        Opportunity.objects.filter(closed_at=None).update(
            stage=Opportunity.Stage.LOST, lost_reason="PRICE", closed_at=clock.now() - timedelta(days=3000)
        )
        self.deal = opportunities.open_opportunity(
            customer_id=self.customer.pk,
            role="BORROWER",
            title=f"装修贷{next(_numbers)}",
            amount=Decimal("50000.00"),
            actor=self.book.rm,
            now=clock.now(),
        )

    def stage(self) -> str:
        return Opportunity.objects.get(pk=self.deal.pk).stage

    def by_keys(self, hands: Hands) -> None:
        hands.go("/opportunities/")
        hands.press("j")
        hands.press("p")
        hands.see('[data-stage="PROPOSED"] .board-card', self.deal.title)
        expect(hands.page.locator(".board-card")).to_be_focused()
        assert self.stage() == "PROPOSED"
        hands.press_and_load("z")
        hands.see('[data-stage="NEED"] .board-card', self.deal.title)

    def by_touch(self, hands: Hands) -> None:
        hands.go("/opportunities/")
        card = hands.see('[data-stage="NEED"] .board-card', self.deal.title)
        if hands.way is Way.MOUSE:
            card.hover()
        hands.touch(card.locator('[data-key="p"]'))
        hands.see('[data-stage="PROPOSED"] .board-card', self.deal.title)
        assert self.stage() == "PROPOSED"
        hands.touch_and_load("[data-undo]")
        hands.see('[data-stage="NEED"] .board-card', self.deal.title)

    def check(self) -> None:
        assert self.stage() == "NEED"


class ShareView(Task):
    number, title = 6, "Filter by and/or, keep it as a view, share it with the team"

    @property
    def user(self) -> User:
        return self.book.lead

    def prepare(self) -> None:
        SavedView.objects.all().delete()
        self.name = f"view {next(_numbers)}"
        words = [RECORD["borrower"].field.label, attributes.get("overdue").label, attributes.get("outstanding").label]
        self.words = [say(word, self.language) for word in words]

    def by_keys(self, hands: Hands) -> None:
        hands.go("/customers/")
        hands.press("f")
        self.condition(hands, self.words[0], "")
        hands.press("r")
        self.condition(hands, self.words[1], "1")
        hands.press("i")
        self.condition(hands, self.words[2], "2000")
        hands.press("v")
        hands.type(self.name)
        hands.press("Tab")
        hands.press("ArrowDown")
        hands.press("Tab")
        hands.press_and_load("Enter")
        hands.see(".view-name", self.name)

    def condition(self, hands: Hands, word: str, value: str) -> None:
        expect(hands.page.locator("[popover]:popover-open [data-find]")).to_be_focused()
        hands.type(word)
        hands.press("Enter")
        expect(hands.page.locator("[popover]:popover-open [name=value]").first).to_be_focused()
        if value:
            hands.type(value)
        else:
            hands.press("Space")
        hands.press_and_load("Enter")

    def by_touch(self, hands: Hands) -> None:
        hands.go("/customers/")
        hands.touch('[popovertarget="condition-new"]')
        self.touch_condition(hands, "borrower", "")
        hands.touch('[popovertarget="condition-group"]')
        self.touch_condition(hands, "overdue", "1")
        hands.touch(".chip-more")
        self.touch_condition(hands, "outstanding", "2000")
        hands.touch(".view-name")
        expect(hands.page.locator("#views [data-first]")).to_be_focused()
        hands.type(self.name)
        hands.pick("#views form:last-of-type [name=audience]", "TEAM")
        hands.touch_and_load("#views form:last-of-type button")
        hands.see(".view-name", self.name)

    def touch_condition(self, hands: Hands, field: str, value: str) -> None:
        shown = hands.page.locator("[popover]:popover-open")
        hands.pick(shown.locator("[name=field]"), field)
        if value:
            expect(shown.locator("[name=value]")).to_be_focused()
            hands.type(value)
        else:
            hands.touch(shown.locator("[name=value]").first)
        hands.touch_and_load(shown.locator("button.btn-primary"))

    def check(self) -> None:
        view = SavedView.objects.get()
        assert (view.name, view.audience, view.team) == (self.name, "TEAM", self.book.team)
        where = QueryDict(view.query)["where"]
        assert where == "borrower:is:yes;or(overdue:min:1;outstanding:min:2000)", where


class HandOver(Task):
    number, title = 7, "Pick all results, give them to another RM, take it back"

    @property
    def user(self) -> User:
        return self.book.lead

    def prepare(self) -> None:
        self.before = self.owners()
        assert len(self.before) >= MANY

    def owners(self) -> dict[int, int | None]:
        return dict(Customer.objects.filter(merged_into=None).values_list("pk", "rm_id"))

    def by_keys(self, hands: Hands) -> None:
        hands.go("/customers/")
        hands.press("a", 2)
        hands.press_and_load("w")
        options = hands.page.locator("#id_member option").evaluate_all("all => all.map((one) => one.value)")
        hands.press("ArrowDown", options.index(str(self.book.lead.staff_member.pk)))
        hands.press_and_load("Control+Enter")
        self.check_given()
        hands.press_and_load("z")
        hands.see(".toast")

    def by_touch(self, hands: Hands) -> None:
        hands.go("/customers/")
        hands.touch("th.pick input")
        hands.touch('.bulk [data-key="a"]')
        hands.touch_and_load('.bulk [value="owner"]')
        hands.pick("#id_member", str(self.book.lead.staff_member.pk))
        hands.touch_and_load(".form-foot .btn-primary")
        self.check_given()
        hands.touch_and_load("[data-undo]")
        hands.see(".toast")

    def check_given(self) -> None:
        reached = {pk for pk, rm in self.before.items() if rm is not None}
        assert {self.owners()[pk] for pk in reached} == {self.book.lead.staff_member.pk}

    def check(self) -> None:
        assert self.owners() == self.before


class ClaimFromPool(Task):
    number, title = 8, "Claim a customer from the public pool"

    def prepare(self) -> None:
        place = self.book.rm.staff_member.department
        pool, _is_new = Pool.objects.get_or_create(name="华北公海", department=place, defaults={"daily_claims": 100})
        number = 1000 + next(_numbers)
        self.customer = make_customer(number, "钱公海", self.book.rm, is_investor=True)
        phone = f"139{number:08d}"
        Customer.objects.filter(pk=self.customer.pk).update(
            rm=None, pool=pool, pooled_at=clock.now(), phone=phone, phone_index=blind_index(phone, "phone")
        )

    def by_keys(self, hands: Hands) -> None:
        hands.go("/pools/")
        hands.press("j")
        hands.press_and_load("c")
        hands.see(".strip-name", "钱公海")

    def by_touch(self, hands: Hands) -> None:
        hands.go("/pools/")
        hands.touch_and_load(hands.page.locator('[data-key="c"]').first)
        hands.see(".strip-name", "钱公海")

    def check(self) -> None:
        claimed = fresh(self.customer)
        assert (claimed.rm, claimed.pool) == (self.book.rm.staff_member, None)
        assert claimed.owner_changes.get().reason == "CLAIMED"


class CorrectField(OnCustomer):
    number, title = 9, "Correct a field while a colleague changes it"

    def prepare(self) -> None:
        number = next(_numbers)
        self.mine, self.theirs = f"登山{number}", f"下棋{number}"
        self.label = say(fields.FIELDS["likes"].label, self.language)

    def interfere(self) -> None:
        set_facts(
            customer_id=self.customer.pk,
            values={"likes": self.theirs},
            source="RM",
            actor=self.book.lead,
            now=clock.now(),
        )

    def see_both(self, hands: Hands) -> None:
        shown = hands.see("[data-editing] [role=alert]", self.mine)
        expect(shown).to_contain_text(self.theirs)
        expect(hands.page.locator("#fact-input")).to_be_focused()
        assert fresh(self.customer).likes == self.theirs

    def by_keys(self, hands: Hands) -> None:
        hands.press("Control+k")
        hands.type(self.label)
        hands.press_and_load("Enter")
        expect(hands.page.locator("#fact-input")).to_be_focused()
        self.interfere()
        hands.type(self.mine)
        hands.press("Enter")
        self.see_both(hands)
        hands.press("Enter")
        self.see_saved(hands)

    def by_touch(self, hands: Hands) -> None:
        hands.touch('.tabs a[href$="tab=profile"]')
        hands.touch('[data-fact-edit][href$="/profile/likes/"]')
        expect(hands.page.locator("#fact-input")).to_be_focused()
        self.interfere()
        hands.type(self.mine)
        hands.touch("[data-editing] .btn-primary")
        self.see_both(hands)
        hands.touch("[data-editing] .btn-primary")
        self.see_saved(hands)

    def see_saved(self, hands: Hands) -> None:
        expect(hands.page.locator(".fact-value", has_text=self.mine)).to_be_visible()
        expect(hands.page.locator('[data-fact-edit][href$="/profile/likes/"]')).to_be_focused()

    def check(self) -> None:
        assert fresh(self.customer).likes == self.mine
        changed = FieldChange.objects.filter(customer=self.customer, field="likes").order_by("-pk")[:2]
        assert [row.new for row in changed] == [self.mine, self.theirs]


class NoteAndPromise(OnCustomer):
    number, title = 10, "Write a note that names a colleague, and make a promise"

    def prepare(self) -> None:
        number = next(_numbers)
        self.note, self.promise = f"@chen please look {number}", f"a letter {number}"
        self.notices = Notice.objects.filter(member=self.book.lead.staff_member, kind="customers.mention").count()

    def by_keys(self, hands: Hands) -> None:
        hands.press("n")
        hands.type(self.note)
        hands.press_and_load("Control+Enter")
        hands.press("p")
        hands.type(self.promise)
        hands.press_and_load("Enter")
        hands.see("#tab", self.promise)

    def by_touch(self, hands: Hands) -> None:
        hands.touch('.strip [popovertarget="note"]')
        expect(hands.page.locator("#note textarea")).to_be_focused()
        hands.type(self.note)
        hands.touch_and_load("#note .form-foot button")
        hands.touch('.strip [popovertarget="promise"]')
        expect(hands.page.locator("#quick_promise_text")).to_be_focused()
        hands.type(self.promise)
        hands.touch_and_load("#promise .form-foot button")
        hands.see("#tab", self.promise)

    def check(self) -> None:
        assert Note.objects.get(text=self.note).mentions == [self.book.lead.staff_member.pk]
        told = Notice.objects.filter(member=self.book.lead.staff_member, kind="customers.mention").count()
        assert told == self.notices + 1
        promise = Promise.objects.get(text=self.promise)
        assert promise.state == "OPEN" and promise.due_at > clock.now()


TASKS: tuple[type[Task], ...] = (
    FindByPinyin,
    LogCall,
    FinishFirst,
    AnswerLead,
    MoveAndUndo,
    ShareView,
    HandOver,
    ClaimFromPool,
    CorrectField,
    NoteAndPromise,
)
