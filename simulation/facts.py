"""Plausible facts about people who do not exist: names, numbers, addresses, employers."""

import random
from dataclasses import dataclass
from datetime import date

from customers.rules.identity import citizen_check_digit

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢"
_GIVEN_MEN = [
    "伟",
    "强",
    "磊",
    "军",
    "勇",
    "杰",
    "涛",
    "明",
    "超",
    "建国",
    "志强",
    "文博",
    "浩然",
    "子轩",
    "俊杰",
    "宇航",
    "海波",
    "晓东",
]
_GIVEN_WOMEN = [
    "芳",
    "娜",
    "敏",
    "静",
    "丽",
    "艳",
    "娟",
    "霞",
    "秀英",
    "晓燕",
    "雨欣",
    "思雨",
    "佳怡",
    "梦洁",
    "丽华",
    "雪梅",
    "春燕",
    "婷婷",
]
_REGIONS = [
    ("110105", "北京市朝阳区建国路"),
    ("310115", "上海市浦东新区世纪大道"),
    ("440305", "广东省深圳市南山区科苑路"),
    ("330106", "浙江省杭州市西湖区文三路"),
    ("510107", "四川省成都市武侯区人民南路"),
    ("420106", "湖北省武汉市武昌区中北路"),
    ("320102", "江苏省南京市玄武区中山路"),
    ("610113", "陕西省西安市雁塔区长安南路"),
]
_JOBS = [
    ("软件工程师", "云启科技有限公司"),
    ("教师", "实验中学"),
    ("护士", "第二人民医院"),
    ("会计", "正平会计师事务所"),
    ("销售经理", "东方商贸有限公司"),
    ("个体经营", "家常菜馆"),
    ("公务员", "区政务服务中心"),
    ("司机", "顺达物流有限公司"),
    ("设计师", "三言广告有限公司"),
]
_PHONE_PREFIXES = ["135", "136", "138", "139", "150", "158", "186", "188"]


@dataclass(frozen=True)
class Person:
    """Everything a person can say about himself."""

    name: str
    identity_number: str
    phone: str
    card_number: str
    address: str
    email: str
    occupation: str
    employer: str


def make_person(source: random.Random, serial: int, *, birthday: date | None = None) -> Person:
    """Return the person of a serial number; phone, card and identity number are valid and never given twice.

    `birthday` gives the day of the year on which he was born.
    """
    is_man = source.random() < 0.5
    name = source.choice(_SURNAMES) + source.choice(_GIVEN_MEN if is_man else _GIVEN_WOMEN)
    region, street = source.choice(_REGIONS)
    born = date(source.randint(1966, 2001), source.randint(1, 12), source.randint(1, 28))
    if birthday is not None:
        born = date(born.year, birthday.month, min(birthday.day, 28))
    # The serial number's place in the sequence keeps two people of one birthday apart.
    sequence = (serial * 2 + (1 if is_man else 0)) % 1000
    first = f"{region}{born:%Y%m%d}{sequence:03d}"
    occupation, employer = source.choice(_JOBS)
    return Person(
        name=name,
        identity_number=first + citizen_check_digit(first),
        phone=f"{source.choice(_PHONE_PREFIXES)}{source.randint(0, 999):03d}{serial:05d}",
        card_number=with_luhn_digit(f"621700{source.randint(0, 9999):04d}{serial:05d}"),
        address=f"{street}{source.randint(1, 280)}号{source.randint(1, 30)}室",
        email=f"user{serial:05d}@example.com",
        occupation=occupation,
        employer=employer,
    )


def with_luhn_digit(body: str) -> str:
    """Return a card number with its check digit."""
    digits = [int(digit) for digit in reversed(body)]
    total = sum(digits[1::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[::2])
    return f"{body}{-total % 10}"
