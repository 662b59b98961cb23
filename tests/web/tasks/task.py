"""What a task is: what must be there, how it is done either way, what must have come of it."""

from abc import ABC, abstractmethod
from typing import ClassVar

from core.models import User
from customers.models import Customer
from tests.web.conftest import Book
from tests.web.tasks.hands import Hands
from tests.web.tasks.stage import Stage


class Task(ABC):
    """One task of one person in one language."""

    number: ClassVar[int]
    title: ClassVar[str]
    starts: ClassVar[str] = "Today"

    def __init__(self, stage: Stage, language: str) -> None:
        self.book: Book = stage.book
        self.language = language
        self.customer: Customer = stage.book.borrower

    @property
    def user(self) -> User:
        """Who does it."""
        return self.book.rm

    @property
    def url(self) -> str:
        """Return the address it starts on."""
        return "/"

    @abstractmethod
    def prepare(self) -> None:
        """Put there what the task needs."""

    @abstractmethod
    def by_keys(self, hands: Hands) -> None:
        """Do it without touching the mouse."""

    @abstractmethod
    def by_touch(self, hands: Hands) -> None:
        """Do it with the mouse or a finger; only what must be written is written."""

    @abstractmethod
    def check(self) -> None:
        """Look into the database."""


class OnCustomer(Task):
    """A task that starts on the page of a customer."""

    starts = "his page"

    @property
    def url(self) -> str:
        return f"/customers/{self.customer.public_id}/"
