"""How numbers look on a page, in a message and in a file."""

from decimal import ROUND_HALF_UP, Decimal

MINUS = "\N{MINUS SIGN}"
_CHINESE_STEPS = ((Decimal(10) ** 8, "亿"), (Decimal(10) ** 4, "万"))
_ENGLISH_STEPS = ((Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "K"))
_ROUNDS_UP = Decimal("0.99995")
_COUNT_LIMIT = 10_000


def money_text(amount: Decimal) -> str:
    """Return yuan to the fen: `¥12,345.67`, a debt with a real minus sign before the currency."""
    return f"{MINUS if amount < 0 else ''}¥{abs(amount):,.2f}"


def compact_money_text(amount: Decimal, *, chinese: bool) -> str:
    """Return yuan in few characters for tiles and axes: `¥8.23万` in Chinese, `¥82.3K` in English."""
    sign = MINUS if amount < 0 else ""
    size = abs(amount)
    steps = _CHINESE_STEPS if chinese else _ENGLISH_STEPS
    for step, word in steps:
        # What the next smaller step would round up to 10,000万 (or 1,000K) already belongs to this one.
        floor = step if step == steps[-1][0] else step * _ROUNDS_UP
        if size >= floor:
            return f"{sign}¥{_three_digits(size / step)}{word}"
    return f"{sign}¥{size:,.2f}"


def rate_text(rate: Decimal) -> str:
    """Return a fraction as percent with two to four places: `0.12` is `12.00%`, `0.123456` is `12.3456%`."""
    percent = (rate * 100).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
    whole, _, places = f"{abs(percent):f}".partition(".")
    return f"{MINUS if percent < 0 else ''}{whole}.{places.rstrip('0').ljust(2, '0')}%"


def ratio_text(ratio: Decimal) -> str:
    """Return a measured share as percent with two places: `0.108671` is `10.87%`. Agreed rates use `rate_text`."""
    percent = (ratio * 100).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    return f"{MINUS if percent < 0 else ''}{abs(percent):f}%"


def figure_text(figure: Decimal) -> str:
    """Return a sum or a number of things with separators and the places it has: `24,595.97`, `31`."""
    return f"{figure:,.2f}".removesuffix(".00")


def count_text(count: int, *, is_estimate: bool = False) -> str:
    """Return a count with separators; lists count exactly to 10 000 only: `10,000+`, or what was estimated: `≈ 1,230,000`."""
    if is_estimate:
        return f"≈ {count:,}"
    return f"{_COUNT_LIMIT:,}+" if count > _COUNT_LIMIT else f"{count:,}"


def spark_points(values: list[Decimal], width: int, height: int) -> list[tuple[float, float]]:
    """Return the polyline of a small line chart: the first value at the left edge, the greatest at the top."""
    if not values:
        return []
    low, high = min(values), max(values)
    span = high - low
    step = width / max(len(values) - 1, 1)
    return [
        (round(index * step, 1), round(height - float((value - low) / span) * height, 1) if span else height / 2)
        for index, value in enumerate(values)
    ]


def _three_digits(value: Decimal) -> str:
    places = 2 if value < 100 else 1 if value < 1000 else 0
    text = f"{value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
