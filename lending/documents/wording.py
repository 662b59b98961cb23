"""How figures and codes read in a Chinese contract."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from core.money import to_fen

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿")

METHODS = {
    "equal_instalment": (
        "等额本息",
        "每期偿还相同金额的本息，其中利息按该期期初剩余本金和期利率计算，其余为本金；尾差计入最后一期。",
    ),
    "equal_principal": (
        "等额本金",
        "每期偿还相同金额的本金，并偿还该期期初剩余本金所产生的利息；尾差计入最后一期。",
    ),
    "interest_only_bullet": (
        "先息后本（按期付息、到期还本）",
        "每期偿还该期利息，最后一期偿还全部本金及该期利息。",
    ),
    "bullet": ("一次性还本付息", "到期日一次偿还全部本金及借款期间的全部利息，利息不计复利。"),
}
DAY_COUNTS = {
    "30/360": "每月按30天、每年按360天计算（月利率＝年利率÷12）",
    "actual/365": "按实际天数、每年按365天计算（日利率＝年利率÷365）",
    "actual/360": "按实际天数、每年按360天计算（日利率＝年利率÷360）",
    "actual/actual": "按实际天数、每年按当年实际天数（365天或366天）计算",
}
PERIOD_UNITS = {
    "month": ("个月", "每月为一期"),
    "week": ("周", "每周为一期"),
    "two_weeks": ("个双周", "每两周为一期"),
    "15_days": ("个15日", "每15日为一期"),
    "30_days": ("个30日", "每30日为一期"),
}
HOLIDAY_RULES = {
    "NONE": "还款日遇法定休假日或休息日的，仍以该日为还款日，不顺延。",
    "FOLLOWING": "还款日遇法定休假日或休息日的，顺延至其后第一个工作日；顺延期间按本合同约定的借款利率计息，不计逾期，不收取罚息。",
    "PRECEDING": "还款日遇法定休假日或休息日的，提前至其前一个工作日，附件二所列日期已据此调整。",
}
COMPONENTS = {"FEE": "费用", "PENALTY": "逾期罚息", "INTEREST": "利息", "PRINCIPAL": "本金"}
CURRENCIES = {"CNY": "人民币"}
IDENTITY_KINDS = {
    "CITIZEN_ID": "居民身份证",
    "CREDIT_CODE": "统一社会信用代码",
    "RESIDENCE_PERMIT": "港澳台居民居住证",
    "FOREIGN_PERMIT": "外国人永久居留身份证",
}


def money(amount: Decimal | None) -> str:
    """`Decimal("12345.60")` becomes `12,345.60`; an unknown amount becomes a dash."""
    return "—" if amount is None else f"{amount:,.2f}"


def percent(rate: Decimal | None, least_places: int = 2) -> str:
    """Print a fraction as per cent without rounding anything away: `Decimal("0.108000")` becomes `10.80%`."""
    if rate is None:
        return ""
    scaled = (rate * 100).normalize()
    places = max(least_places, -int(scaled.as_tuple().exponent))
    return f"{scaled:.{places}f}%"


def rounded_percent(rate: Decimal) -> str:
    """Print a computed yearly cost to two places of a per cent, half up: `Decimal("0.118276")` becomes `11.83%`."""
    return f"{(rate * 100).quantize(Decimal('0.01'), ROUND_HALF_UP)}%"


def chinese_date(day: date | None) -> str:
    """`date(2026, 11, 22)` becomes `2026年11月22日`."""
    return "" if day is None else f"{day.year}年{day.month}月{day.day}日"


def chinese_moment(moment: datetime) -> str:
    """Return a moment to the second, in the time zone it carries."""
    return f"{chinese_date(moment.date())} {moment:%H:%M:%S}"


def amount_in_words(amount: Decimal) -> str:
    """Return an amount in the capital numerals of contracts and bills (支付结算办法, appendix 1).

    `Decimal("16409.02")` becomes `人民币壹万陆仟肆佰零玖元零贰分`. Raises ValueError below zero and from 10^12 yuan on.
    """
    fen = to_fen(amount)
    if not 0 <= fen < 10**14:
        raise ValueError("an amount in words is neither negative nor a trillion")
    yuan_part, cents = divmod(fen, 100)
    jiao, fen_digit = divmod(cents, 10)
    words = "人民币" + (f"{_whole_in_words(yuan_part)}元" if yuan_part or not cents else "")
    if not cents:
        return words + "整"
    if jiao:
        words += f"{_DIGITS[jiao]}角"
    elif yuan_part:
        words += "零"
    return words + (f"{_DIGITS[fen_digit]}分" if fen_digit else "整")


def _whole_in_words(number: int) -> str:
    if number == 0:
        return _DIGITS[0]
    words = ""
    for index in reversed(range(len(_GROUPS))):
        group = number // 10 ** (4 * index) % 10_000
        if group == 0:
            continue
        # One 零 stands for every gap: a whole empty group, or leading zeros inside this one.
        is_gap = bool(words) and (group < 1000 or number // 10 ** (4 * (index + 1)) % 10_000 == 0)
        words += ("零" if is_gap else "") + _group_in_words(group) + _GROUPS[index]
    return words


def _group_in_words(group: int) -> str:
    words = ""
    for place in reversed(range(4)):
        digit = group // 10**place % 10
        if digit:
            skipped = bool(words) and group // 10 ** (place + 1) % 10 == 0
            words += ("零" if skipped else "") + _DIGITS[digit] + _PLACES[place]
    return words
