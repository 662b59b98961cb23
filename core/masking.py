"""How sensitive values look to everybody by default (JR/T 0171-2020 Annex A, at least)."""

_TWO_CHARACTER_SURNAMES = {
    "欧阳",
    "司马",
    "上官",
    "诸葛",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "司徒",
    "司空",
    "夏侯",
    "端木",
    "南宫",
    "长孙",
}


def mask_phone(phone: str) -> str:
    """`13812345678` becomes `138****5678`."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "*" * len(phone)


def mask_identity(number: str) -> str:
    """`11010519491231002X` becomes `1****************X`."""
    return f"{number[0]}{'*' * (len(number) - 2)}{number[-1]}" if len(number) > 2 else "*" * len(number)


def mask_card(number: str) -> str:
    """`6222021234567890` becomes `6222 02** **** 7890` without the spaces: first six and last four stay."""
    return f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}" if len(number) > 10 else "*" * len(number)


def mask_name(name: str) -> str:
    """`张三丰` becomes `张**`, `欧阳娜` becomes `欧阳*`."""
    kept = 2 if name[:2] in _TWO_CHARACTER_SURNAMES else 1
    return name[:kept] + "*" * max(len(name) - kept, 1) if name else ""


def mask_email(address: str) -> str:
    """`wang@example.com` becomes `w***@example.com`."""
    local, _, host = address.partition("@")
    return f"{local[:1]}***@{host}" if host else "***"


def mask_address(address: str) -> str:
    """Keep an address down to its district or county."""
    for mark in ("区", "县", "旗", "市"):
        position = address.find(mark, 3)
        if position > 0:
            return address[: position + 1] + "****"
    return address[:3] + "****" if address else ""
