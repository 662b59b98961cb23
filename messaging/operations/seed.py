"""The first texts: short, with amount, date and what to do."""

from datetime import date, datetime

from messaging.models import Channel, Kind, Template

# code -> (kind, subject zh, text zh, subject en, text en)
_TEXTS: dict[str, tuple[str, str, str, str, str]] = {
    "identity-confirmed": (
        Kind.NOTICE,
        "身份已核实",
        "您的身份已核实，存管账户即将开通。",
        "Identity confirmed",
        "Your identity is confirmed; your custody account will be open shortly.",
    ),
    "welcome": (
        Kind.NOTICE,
        "欢迎加入",
        "欢迎您成为我们的客户！专属客户经理将在1个工作日内与您联系，如有疑问请拨打客服热线。",
        "Welcome",
        "Welcome! Your relationship manager will be in touch within one working day; for questions call our service line.",
    ),
    "application-approved": (
        Kind.NOTICE,
        "借款申请已通过",
        "您的借款申请{number}已通过，可借{amount}元，年化综合成本（单利）{apr}。请在{expires}前登录查看并确认。",
        "Application approved",
        "Your application {number} is approved for {amount} yuan, APR {apr}. Please read and accept the offer by {expires}.",
    ),
    "application-declined": (
        Kind.NOTICE,
        "借款申请未通过",
        "很抱歉，您的借款申请{number}未通过，原因：{reasons}。您可申请人工复核。",
        "Application declined",
        "We are sorry: your application {number} was declined because: {reasons}. You may ask for a review by a person.",
    ),
    "human-review-answered": (
        Kind.NOTICE,
        "人工复核已答复",
        "您对借款申请{number}提出的人工复核已有答复，请登录查看。",
        "Review answered",
        "A person has reviewed the decision on your application {number}; log in to read the answer.",
    ),
    "application-referred": (
        Kind.NOTICE,
        "借款申请转人工审核",
        "您的借款申请{number}已转人工审核，一般在1个工作日内有结果。",
        "Application under review",
        "Your application {number} is being reviewed by a person, usually within one working day.",
    ),
    "listing-failed": (
        Kind.NOTICE,
        "标的流标",
        "标的{number}在募集期内未满标，出借人资金已全部解冻。",
        "Listing failed",
        "Listing {number} was not filled in time; all investors' money has been released.",
    ),
    "bid-released": (
        Kind.NOTICE,
        "投标资金已解冻",
        "标的{number}未成立，您的{amount}元已解冻，可随时使用。",
        "Bid released",
        "Listing {number} did not go through; your {amount} yuan are available again.",
    ),
    "please-sign": (
        Kind.NOTICE,
        "请签署借款合同",
        "您的借款已满标，请登录阅读并签署合同{number}。",
        "Please sign your contract",
        "Your loan is fully funded. Please read and sign contract {number}.",
    ),
    "loan-paid-out": (
        Kind.NOTICE,
        "借款已放款",
        "借款{number}的{amount}元已放款至您的存管账户，首期还款日{due_date}，应还{due_amount}元。",
        "Loan paid out",
        "{amount} yuan of loan {number} are in your custody account. First instalment: {due_amount} yuan on {due_date}.",
    ),
    "lent": (
        Kind.NOTICE,
        "出借成功",
        "您投标的标的{number}已放款，出借{amount}元。出借有风险，本金和利息由借款人偿还。",
        "Loan started",
        "Listing {number} was paid out; you lent {amount} yuan. Lending carries risk: the borrower repays, not the platform.",
    ),
    "repayment-reminder": (
        Kind.NOTICE,
        "还款提醒",
        "借款{number}将于{due_date}到期还款{amount}元，请提前存入。",
        "Repayment reminder",
        "{amount} yuan of loan {number} fall due on {due_date}. Please pay in before then.",
    ),
    "repayment-today": (
        Kind.NOTICE,
        "今日还款",
        "借款{number}今日到期还款{amount}元，请于今日24:00前存入。",
        "Due today",
        "{amount} yuan of loan {number} are due today. Please pay in before midnight.",
    ),
    "repayment-overdue": (
        Kind.COLLECTION,
        "还款逾期提醒",
        "借款{number}已逾期{days}天，当前应还{amount}元。请尽快还款；如有困难请联系客服。",
        "Payment overdue",
        "Loan {number} is {days} days overdue; {amount} yuan are owed. Please pay, or call us if you have difficulties.",
    ),
    "repayment-received": (
        Kind.NOTICE,
        "还款成功",
        "已收到借款{number}还款{amount}元，剩余本金{outstanding}元。",
        "Repayment received",
        "We received {amount} yuan for loan {number}; {outstanding} yuan of principal remain.",
    ),
    "debit-failed": (
        Kind.NOTICE,
        "扣款不足",
        "借款{number}今日应扣{amount}元，余额不足，请尽快存入以免产生罚息。",
        "Debit fell short",
        "{amount} yuan for loan {number} could not be debited in full. Please pay in to avoid a penalty.",
    ),
    "loan-settled": (
        Kind.NOTICE,
        "借款已结清",
        "借款{number}已结清，感谢您的按约还款。",
        "Loan settled",
        "Loan {number} is fully repaid. Thank you.",
    ),
    "deposit-received": (
        Kind.NOTICE,
        "充值到账",
        "{amount}元已存入您的存管账户。",
        "Deposit received",
        "{amount} yuan are in your custody account.",
    ),
    "withdrawal-completed": (
        Kind.NOTICE,
        "提现成功",
        "{amount}元已提现至尾号{tail}的银行卡。",
        "Withdrawal completed",
        "{amount} yuan were sent to your card ending in {tail}.",
    ),
    "withdrawal-failed": (
        Kind.NOTICE,
        "提现未成功",
        "{amount}元提现未成功，资金已退回您的可用余额。",
        "Withdrawal failed",
        "The withdrawal of {amount} yuan failed; the money is back in your available balance.",
    ),
    "new-adviser": (
        Kind.NOTICE,
        "您的专属客户经理已更换",
        "您好，您的客户经理已由{former}更换为{adviser}，今后由其为您服务。您的借款、出借和资金不受影响。",
        "Your adviser has changed",
        "{adviser} has taken over from {former} as your adviser. Your loans, lendings and money are not affected.",
    ),
    "coupon-issued": (
        Kind.MARKETING,
        "您有一张新的优惠券",
        "您获得优惠券“{name}”，按期还款可由平台补贴部分利息，有效期至{expires}，登录后在确认借款前使用。拒收请回复R",
        "You have a new coupon",
        "You have the coupon “{name}”: on time repayments earn back a part of their interest. Use it by {expires}, before "
        "you accept a loan. Reply R to opt out.",
    ),
    "phone-change-asked": (
        Kind.NOTICE,
        "登录手机号变更提醒",
        "您的客户经理申请将您的登录手机号更换为尾号{tail}的号码，须由该号码在{expires}前验证后生效。如非您本人要求，请立即联系客服。",
        "Your log-in phone is to change",
        "A change of your log-in phone to the number ending in {tail} was asked for; it takes effect when that number is "
        "confirmed by {expires}. If you did not ask for it, call us at once.",
    ),
}
# To colleagues, by mail only: the notice in the product has its own sentence.
_DIGEST = (
    (
        "zh-hans",
        "今日待办",
        "{on}：今日到期承诺{promises}项，逾期未联系{contacts}位，新线索{leads}条，未处理预警{alerts}条。请登录系统查看今日工作。",
    ),
    (
        "en",
        "Your day",
        "{on}: {promises} promises due today, {contacts} planned contacts overdue, {leads} new leads, {alerts} open alerts. Log in to see today's work.",
    ),
)
_CODE_TEXT = "您的验证码是{code}，5分钟内有效。请勿告诉任何人。"
_CODE_TEXT_EN = "Your code is {code}, valid for 5 minutes. Never tell it to anybody."


def ensure_templates(_business_date: date, _now: datetime) -> None:
    """Create the templates that are missing; versions that staff made stay."""
    rows = [
        Template(
            code="verification-code", kind=Kind.VERIFICATION, channel=Channel.SMS, language="zh-hans", body=_CODE_TEXT
        ),
        Template(
            code="verification-code", kind=Kind.VERIFICATION, channel=Channel.SMS, language="en", body=_CODE_TEXT_EN
        ),
    ]
    for code, (kind, subject_zh, body_zh, subject_en, body_en) in _TEXTS.items():
        for language, subject, body in (("zh-hans", subject_zh, body_zh), ("en", subject_en, body_en)):
            rows += [
                Template(code=code, kind=kind, channel=Channel.SMS, language=language, body=body),
                Template(code=code, kind=kind, channel=Channel.MAIL, language=language, subject=subject, body=body),
                Template(code=code, kind=kind, channel=Channel.INAPP, language=language, subject=subject, body=body),
            ]
    rows += [
        Template(
            code="staff-digest", kind=Kind.NOTICE, channel=Channel.MAIL, language=language, subject=subject, body=body
        )
        for language, subject, body in _DIGEST
    ]
    existing = set(Template.objects.values_list("code", "channel", "language"))
    Template.objects.bulk_create(row for row in rows if (row.code, row.channel, row.language) not in existing)
