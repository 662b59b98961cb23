"""The pages about models: who sees them, what they show, what can be done there."""

from datetime import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from core.models import User
from risk.models import Challenger, ModelTraining, Scorecard
from risk.operations import seed_models, trainings
from risk.rules.scoring.material import Made, Material
from tests.fixtures.borrowers import make_staff
from tests.risk.conftest import DAY
from tests.risk.training.test_trainings import write_table


@pytest.fixture
def people(house: datetime, made: dict[str, Made]) -> dict[str, Client]:
    """Members of staff at their browsers, and models of a training."""
    seed_models.seed_model_watch(DAY, house)
    users: dict[str, User] = {role: make_staff(role) for role in ("risk-officer", "risk-manager", "rm")}
    training = trainings.ask_training(
        code="standard",
        kinds=["points", "additive", "average"],
        is_monotone=False,
        window_months=6,
        bad_dpd=30,
        actor=users["risk-officer"],
        now=house,
        business_date=DAY,
    )
    trainings.run_training(training_id=training.pk, make=lambda *_given: list(made.values()), read_now=lambda: house)
    clients = {}
    for role, user in users.items():
        clients[role] = Client(headers={"accept-language": "en"})
        clients[role].force_login(user)
    return clients


def test_an_rm_sees_no_models(people: dict[str, Client]) -> None:
    for path in ("/risk/models/", "/risk/models/standard/2/", "/risk/challengers/standard/1/"):
        assert people["rm"].get(path).status_code == 403
    assert people["rm"].post("/risk/models/train/", {"kinds": ["points"]}).status_code == 403
    assert ModelTraining.objects.count() == 1


def test_the_list_and_the_cards(people: dict[str, Client]) -> None:
    page = people["risk-officer"].get("/risk/models/").content.decode()
    assert (
        "standard rules, version 3" in page
        and "additive boosting model" in page
        and "average of boosted trees and additive model" in page
    )
    versions = {card.card.get("kind"): card.version for card in Scorecard.objects.all()}
    card = people["risk-officer"].get(f"/risk/models/standard/{versions['additive']}/?input=housing").content.decode()
    for words in (
        "Ranking (ROC)",
        "Separation (KS)",
        "Calibration",
        "Fairness by group",
        "Refused applicants",
        "Housing",
    ):
        assert words in card
    points = people["risk-officer"].get(f"/risk/models/standard/{versions['points']}/").content.decode()
    assert "Moves the score by" in points and "Test cases that would come out otherwise" not in points
    expert = people["risk-officer"].get("/risk/models/standard/1/").content.decode()
    assert "An expert set these points" in expert and "Fewest points" in expert
    assert "Moves the score by" not in expert
    beside = people["risk-officer"].get("/risk/challengers/standard/1/").content.decode()
    assert "Beside the champion" in beside and "No decision has been scored by both yet." in beside
    assert people["risk-officer"].get("/risk/models/standard/99/").status_code == 404
    assert people["risk-officer"].get("/risk/models/example/").status_code == 200


def test_a_bounded_number_of_queries(people: dict[str, Client], django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    people["risk-officer"].get("/risk/models/")
    with django_assert_max_num_queries(25):
        people["risk-officer"].get("/risk/models/")
    with django_assert_max_num_queries(25):
        people["risk-officer"].get("/risk/models/standard/3/")


def test_submitting_and_putting_in_force(people: dict[str, Client]) -> None:
    address = "/risk/challengers/standard/1/"
    assert people["risk-manager"].post(f"{address}approve/").status_code == 404, "nobody submitted it"
    people["risk-officer"].post(f"{address}submit/", {"note": "try it"})
    assert people["risk-officer"].post(f"{address}approve/").status_code == 403
    assert Challenger.objects.get().state == "DRAFT"
    assert people["risk-manager"].post(f"{address}approve/", {"note": "fine"}).status_code == 302
    assert Challenger.objects.get().state == "PUBLISHED"
    assert people["risk-manager"].post(f"{address}burn/").status_code == 404


def test_a_training_is_asked_for_by_page(people: dict[str, Client], material: Material) -> None:
    given = {"kinds": ["points"], "window_months": 6, "bad_dpd": 30}
    wrong = {**given, "file": SimpleUploadedFile("a.csv", b"x,y\n1,2\n")}
    answer = people["risk-officer"].post("/risk/models/train/", wrong)
    assert answer.status_code == 422 and ModelTraining.objects.count() == 1
    table = SimpleUploadedFile("a.csv", write_table(material, 100))
    answer = people["risk-officer"].post("/risk/models/train/", {**given, "file": table})
    assert answer.status_code == 302
    assert ModelTraining.objects.order_by("-id").values_list("state", "source", "file_name")[0] == (
        "ASKED",
        "TABLE",
        "a.csv",
    )
    assert people["risk-officer"].post("/risk/models/train/", given).status_code == 422
    assert ModelTraining.objects.count() == 2
