"""Reference data of the RM's work: revisit rules, steps of the welcome journey, prices of the value sheet, reasons of losses."""

from datetime import date, datetime
from typing import Final

from core.seeding import ensure_parameters
from customers.models import ProcessStep, RevisitRule

_START = date(2016, 8, 17)
_HOUSE = "house rule"
# Tier, stage, days, channel, what for.
_RULES: Final = (
    ("HIGH", "NEW", 7, "CALL", "首单体验回访"),
    ("HIGH", "LOST", 30, "VISIT", "流失挽回，了解原因"),
    ("HIGH", "", 14, "CALL", "了解近况与新需求"),
    ("MIDDLE", "NEW", 14, "CALL", "首单体验回访"),
    ("MIDDLE", "LOST", 60, "CALL", "流失挽回，了解原因"),
    ("MIDDLE", "", 30, "CALL", "了解近况与新需求"),
    ("", "NEW", 30, "WECHAT", "首单体验回访"),
    ("", "POTENTIAL", 30, "CALL", "了解需求，解答疑问"),
    ("", "LOST", 120, "WECHAT", "关怀问候，了解原因"),
    ("", "", 60, "WECHAT", "了解近况与新需求"),
)
_LOST_REASONS: Final = [
    {"code": "PRICE", "zh": "费率或收益不满意", "en": "not content with rate or yield"},
    {"code": "COMPETITOR", "zh": "选择了竞争对手", "en": "went to a competitor"},
    {"code": "NO_NEED", "zh": "暂无需求", "en": "no need at present"},
    {"code": "UNREACHABLE", "zh": "联系不上", "en": "could not be reached"},
    {"code": "NOT_ELIGIBLE", "zh": "不符合条件", "en": "does not meet the conditions"},
    {"code": "TRUST", "zh": "不信任平台", "en": "does not trust the platform"},
    {"code": "SLOW", "zh": "响应太慢", "en": "we were too slow"},
]


# Code, name, in English, phase, begins with, due after, open before, doer, proof, text, in English, template.
_STEPS: Final = (
    ("welcome", "欢迎短信", "Welcome message", "BUILD", "REGISTERED", 1, 1, "SYSTEM", "MESSAGE",
     "告知服务热线与专属客户经理", "Tells him the service line and that somebody looks after him.", "welcome"),
    ("first-call", "首次致电", "First call", "BUILD", "REGISTERED", 1, 1, "RM", "CONTACT",
     "自我介绍，了解来意，说明如何找到我们：客户从第一天起就知道找谁",
     "Introduce yourself, ask what brought him: from the first day he knows whom to ask.", ""),
    ("identity", "引导实名认证", "Guide to the identity check", "BUILD", "REGISTERED", 3, 3, "RM", "IDENTITY",
     "说明实名认证的用处与所需材料，约两分钟完成", "Say what it is for and what he needs; it takes two minutes.", ""),
    ("card", "引导绑定银行卡", "Guide to binding a card", "BUILD", "IDENTITY", 3, 3, "RM", "CARD",
     "说明资金存管与绑卡的安全保障", "Explain custody and how the card is protected.", ""),
    ("questionnaire", "完成风险测评", "Questionnaire of risk tolerance", "SERVE", "IDENTITY", 7, 7, "RM", "QUESTIONNAIRE",
     "测评帮助推荐与承受能力相符的标的", "It lets us offer only what he can bear.", ""),
    ("needs", "了解需求", "Ask about his needs", "SERVE", "REGISTERED", 7, 5, "RM", "CONTACT",
     "了解金额、期限与用途，只介绍适合的产品", "Ask for amount, term and purpose; offer only what suits.", ""),
    ("first-deal", "促成首笔交易", "Help to the first deal", "BUILD", "IDENTITY", 10, 10, "RM", "FIRST_DEAL",
     "用一页说明讲清产品、费用与风险，陪同完成首次申请或首次出借，不催促",
     "Explain product, fees and risk on one page, go through the first application or bid together, do not push.", ""),
    ("after-deal", "首单体验回访", "Call after the first deal", "MAINTAIN", "FIRST_DEAL", 3, 3, "RM", "CONTACT",
     "确认到账与还款日，解答疑问", "Make sure the money arrived, name the due dates, answer questions.", ""),
    ("first-review", "首月关系评估", "Review of the first month", "IMPROVE", "REGISTERED", 30, 10, "RM", "CONTACT",
     "回顾一个月的体验，听取意见，约定下次联系", "Look back together, ask what to do better, agree on the next contact.", ""),
    # What an app above tells of: a customer comes into a stage.
    ("growth-needs", "成长期需求回访", "Call on needs while growing", "SERVE", "ACTIVE", 10, 10, "RM", "CONTACT",
     "解决使用中的问题，了解新的资金或投资需求，约定重新评估授信",
     "Solve what bothers him, ask for new needs, agree on a new assessment of his credit.", ""),
    ("mature-review", "成熟期组合回顾", "Review of the mix", "MAINTAIN", "MATURE", 15, 15, "RM", "CONTACT",
     "回顾产品组合与收益，介绍增值服务与长期客户权益",
     "Look at products and yields together; name added services and benefits.", ""),
    ("mature-services", "增值服务提供", "Added services", "SERVE", "MATURE", 30, 30, "RM", "CONTACT",
     "按需提供信用报告解读、资产配置回顾或客户活动邀请，记录客户选用了哪一项",
     "Offer what he can use: his credit report explained, a review of his assets, an invitation; note which he took.", ""),
    ("decline-call", "衰退挽留致电", "Call on the decline", "IMPROVE", "DECLINING", 3, 3, "RM", "CONTACT",
     "了解近期变化与不满，给出解决办法，记录原因",
     "Ask what has changed and what he dislikes; offer a remedy, note the cause.", ""),
    ("lost-call", "流失原因回访", "Call on the loss", "IMPROVE", "LOST", 5, 5, "RM", "CONTACT",
     "先倾听再挽回：记录流失原因，约定再次联系",
     "Listen first: note why he left, agree on when to talk again.", ""),
    ("thanks-1-year", "合作一周年答谢", "Thanks for one year", "MAINTAIN", "YEARS_1", 5, 5, "RM", "CONTACT",
     "感谢客户一年来的信任，送上周年小礼；礼品费用记入该客户的成本",
     "Thank him for a year of trust with a small gift; enter what it cost among his costs.", ""),
    ("thanks-3-years", "合作三周年答谢", "Thanks for three years", "MAINTAIN", "YEARS_3", 5, 5, "RM", "CONTACT",
     "当面致谢并送上周年礼，介绍长期客户权益，主动重新评估额度与利率；礼品费用记入该客户的成本",
     "Thank him in person with a gift, name the benefits of tenure, assess limit and rate anew; enter what it cost.", ""),
    ("thanks-5-years", "合作五周年答谢", "Thanks for five years", "MAINTAIN", "YEARS_5", 5, 5, "RM", "CONTACT",
     "由主管一同拜访致谢，送上周年礼，邀请参加客户活动；礼品费用记入该客户的成本",
     "Visit together with the team lead, bring a gift, invite him to an event; enter what it cost.", ""),
)  # fmt: skip
# What only one role is asked for.
_ROLES: Final = {"questionnaire": "INVESTOR"}


def _seed_steps(now: datetime) -> None:
    if ProcessStep.objects.exists():
        return
    ProcessStep.objects.bulk_create(
        [
            ProcessStep(
                code=code,
                place=10 * (number + 1),
                name=name,
                name_en=name_en,
                phase=phase,
                role=_ROLES.get(code, ""),
                begins_with=begins_with,
                due_workdays=due,
                open_workdays=opened,
                doer=doer,
                proof=proof,
                text=text,
                text_en=text_en,
                message_code=template,
                is_active=True,
                since_at=now,
                valid_from_at=now,
            )
            for number, (
                code, name, name_en, phase, begins_with, due, opened, doer, proof, text, text_en, template
            ) in enumerate(_STEPS)
        ]
    )  # fmt: skip


def seed_work(_business_date: date, now: datetime) -> None:
    """Create what is missing; rules and parameters that staff entered stay."""
    ensure_parameters(
        [
            ("leads.answer_minutes", 120, _START, _HOUSE),
            ("leads.lost_reasons", _LOST_REASONS, _START, _HOUSE),
            ("customers.digest_hour", 8, _START, _HOUSE),
            ("customers.revisits_a_day", 20, _START, _HOUSE),
            ("customers.contact_hour_cost", "90.00", _START, _HOUSE),
            ("customers.stage_days", {"NEED": 14, "PROPOSED": 10, "APPLYING": 7}, _START, _HOUSE),
            (
                "customers.default_chances",
                {"LOW": "0.01", "MIDDLE": "0.03", "HIGH": "0.10", "UNKNOWN": "0.05"},
                _START,
                _HOUSE,
            ),
            (
                "customers.worth_terms",
                {
                    "margin_rate": "0.02",
                    "referral_value": "50.00",
                    "referred_deal_value": "300.00",
                    "feedback_value": "20.00",
                    "size_threshold": "500000.00",
                    "size_value": "500.00",
                    "repeat_rate": "0.10",
                    "loss_given_default": "0.60",
                },
                _START,
                _HOUSE,
            ),
        ]
    )
    if not RevisitRule.objects.exists():
        RevisitRule.objects.bulk_create(
            [
                RevisitRule(
                    place=10 * (number + 1),
                    value_tier=tier,
                    stage=stage,
                    interval_days=days,
                    channel=channel,
                    purpose=purpose,
                )
                for number, (tier, stage, days, channel, purpose) in enumerate(_RULES)
            ]
        )
    _seed_steps(now)
