"""Reference data of labels: limits, service packages, playbooks of the stages."""

from datetime import date, datetime
from typing import Final

from segmentation.models import LabelRule, Playbook, ServicePackage

# Class, hours to answer, days between contacts, minutes of the RM in 90 days, team, offers, in English.
_PACKAGES: Final = (
    ("KEY", 4, 14, 120, "贵宾服务组", "专属客户经理；优先审批；优先满标；节日关怀与邀请活动",
     "An RM of his own; first in review and funding; care on holidays, invitations"),
    ("IMPORTANT", 12, 30, 45, "客户服务一组", "季度资产回顾；产品组合建议；费率优惠券",
     "A review each quarter; advice on the mix of products; coupons on rates"),
    ("ORDINARY", 24, 90, 10, "客户服务中心", "每季至少一次联系；常见问题与自助服务；新手活动",
     "In touch at least each quarter; answers and self-service; offers for beginners"),
)  # fmt: skip
# Stage, goal, in English, offers, in English, figure, days.
_PLAYBOOKS: Final = (
    ("POTENTIAL", "完成注册、实名与首笔交易", "Register, confirm the identity, make the first deal",
     "简明产品说明；引导式申请；新手费率优惠券", "Plain product sheet; guided application; coupon for the first deal",
     "ACTIVATED", 30),
    ("NEW", "首单体验良好，形成第二笔交易", "A good first deal, then a second one",
     "首单回访；还款与回款说明；第二笔优惠", "Call after the first deal; how repayment works; an offer for the second",
     "MOVED_UP", 120),
    ("ACTIVE", "解决问题，个性化推荐，重新评估授信", "Solve problems, offer what suits, assess the credit anew",
     "个性化产品推荐；额度与利率重新评估", "What suits him by his needs; limit and rate assessed anew", "MOVED_UP", 180),
    ("MATURE", "优化产品组合，提供增值服务，长期合作", "The right mix of products, added services, years together",
     "产品组合建议；增值服务；推荐有礼；长期客户权益", "Advice on the mix; added services; referral gifts; benefits for tenure",
     "STAYED", 180),
    ("DECLINING", "查明原因，延缓并扭转衰退", "Find the cause, slow the decline and turn it",
     "挽留方案；问题专人跟进；费率优惠", "An offer to stay; somebody who sees to the problem; a better rate", "RECOVERED", 60),
    ("LOST", "了解流失原因，尽早恢复联系", "Learn why he left, be in touch again early",
     "流失原因回访；回归礼遇", "Call about the cause; a welcome back", "RECOVERED", 180),
)  # fmt: skip


def seed_labels(_business_date: date, _now: datetime) -> None:
    """Create the first version of everything; what exists stays as it is."""
    LabelRule.objects.get_or_create(version="2026-1", defaults={"valid_from": date(2015, 1, 1), "source": "house rule"})
    for service_class, hours, days, minutes, team, offers, offers_en in _PACKAGES:
        ServicePackage.objects.get_or_create(
            service_class=service_class,
            defaults={
                "answer_hours": hours, "contact_days": days, "rm_minutes": minutes, "team": team, "offers": offers,
                "offers_en": offers_en,
            },
        )  # fmt: skip
    for stage, goal, goal_en, offers, offers_en, metric, within in _PLAYBOOKS:
        Playbook.objects.get_or_create(
            stage=stage,
            defaults={
                "goal": goal, "goal_en": goal_en, "offers": offers, "offers_en": offers_en, "metric": metric,
                "metric_days": within,
            },
        )  # fmt: skip
