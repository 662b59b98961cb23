"""Which colleague acts."""

from core.errors import Refused
from core.models import User
from staff.models import StaffMember


def member_of(actor: User) -> StaffMember:
    """Return the active colleague behind a log-in. Raises Refused."""
    member = StaffMember.objects.filter(user_id=actor.pk, is_active=True).first()
    if member is None:
        raise Refused
    return member
