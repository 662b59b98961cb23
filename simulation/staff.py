"""The people who work here."""

from dataclasses import dataclass

from staff.models import Department, StaffMember
from staff.operations import create_department, hire

DEMO_PASSWORD = "demo-Passw0rd"  # noqa: S105 - the log-ins of the demo are printed on purpose


@dataclass(frozen=True)
class Colleague:
    """A log-in of the demo."""

    username: str
    name: str
    department: str
    team: str
    roles: tuple[str, ...]
    uses_admin: bool = False


COLLEAGUES = (
    Colleague("lijing", "李静", "客户关系部", "华北组", ("rm",)),
    Colleague("zhangqiang", "张强", "客户关系部", "华北组", ("rm",)),
    # He leaves while the demo world is made; nobody logs in as him.
    Colleague("gaofei", "高飞", "客户关系部", "华北组", ("rm",)),
    Colleague("chenmei", "陈梅", "客户关系部", "华东组", ("rm",)),
    Colleague("wanghao", "王浩", "客户关系部", "华北组", ("team-lead",)),
    Colleague("zhaomin", "赵敏", "风险管理部", "审批组", ("risk-officer",)),
    Colleague("sunlei", "孙磊", "风险管理部", "审批组", ("risk-manager",)),
    Colleague("zhouting", "周婷", "客户服务部", "一组", ("service-agent",)),
    Colleague("liuyang", "刘洋", "客户数据部", "数据组", ("data-officer",)),
    Colleague("wuyan", "吴燕", "运营部", "一组", ("operations",), True),
    Colleague("xugang", "徐刚", "管理层", "管理层", ("manager",), True),
    Colleague("hexin", "何欣", "客户数据部", "审计组", ("auditor",), True),
)
_KINDS = {
    "客户关系部": Department.Kind.RELATIONSHIP,
    "风险管理部": Department.Kind.RISK,
    "客户服务部": Department.Kind.SERVICE,
    "运营部": Department.Kind.OPERATIONS,
    "管理层": Department.Kind.MANAGEMENT,
    "客户数据部": Department.Kind.DATA,
}


def hire_everybody() -> dict[str, StaffMember]:
    """Create departments and log-ins; return the members by user name."""
    departments = {row.name: row for row in Department.objects.all()}
    for name, kind in _KINDS.items():
        if name not in departments:
            departments[name] = create_department(name=name, kind=kind)
    return {
        person.username: hire(
            username=person.username,
            name=person.name,
            password=DEMO_PASSWORD,
            department=departments[person.department],
            team_name=person.team,
            role_codes=person.roles,
            uses_admin=person.uses_admin,
        )
        for person in COLLEAGUES
    }
