"""Names of the regions in citizen numbers (GB/T 2260, with those that exist no more), for display and warnings only."""

import re

from stdnum import numdb

_TABLE = numdb.get("cn/loc")
_OUTSIDE_TABLE = {"71": "台湾省", "81": "香港特别行政区", "82": "澳门特别行政区", "83": "台湾省"}
# One code can have had several names: `[1983-2001]东市区,[2002-]瑶海区`.
_DATED_NAME = re.compile(r"(?:\[(\d*)-(\d*)\])?([^,\[\]]+)")


def is_known_region(code: str) -> bool:
    """Tell whether a six-digit county code has ever been in the table."""
    return code[:2] in _OUTSIDE_TABLE or bool(_find_name(code, None))


def find_region_name(code: str, year: int | None = None) -> str:
    """Return province, city and county as they were named in a year (of birth), or empty for an unknown code.

    340102 in 1970 is 安徽省合肥市东市区; today it is 瑶海区.
    """
    if code[:2] in _OUTSIDE_TABLE:
        return _OUTSIDE_TABLE[code[:2]]
    county = _find_name(code, year)
    if not county:
        return ""
    city = _find_name(f"{code[:4]}00", year) if code[4:] != "00" else ""
    province = _TABLE.info(code)[0][1].get("province", "")
    return f"{province}{city}{county}" if county != province else province


def find_province_name(code: str) -> str:
    """Return the province of a code's first two digits, or empty for an unknown one."""
    return _OUTSIDE_TABLE.get(code[:2]) or str(_TABLE.info(f"{code[:2]}0000")[0][1].get("province", ""))


def _find_name(code: str, year: int | None) -> str:
    """Return the name of one level in a year: the one in force, else the first that came after, else the last."""
    found = _TABLE.info(code)
    dated = _DATED_NAME.findall(found[-1][1].get("county", "")) if len(found) > 1 else []
    names = [(int(first or 0), int(last or 9999), name) for first, last, name in dated]
    if year is None:
        return names[-1][2] if names else ""
    return next((name for _first, last, name in names if year <= last), names[-1][2] if names else "")
