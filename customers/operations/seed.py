"""Reference data about the platform itself and its notices."""

from datetime import date, datetime

from core.seeding import ensure_parameters

_START = date(2016, 8, 17)


def seed_parameters(_business_date: date, _now: datetime) -> None:
    """Create the parameters that are missing; the platform's own particulars are to be replaced before going live."""
    platform = {
        "name": "示范网贷信息服务有限公司",
        "credit_code": "91110108MA01KPQW2H",
        "address": "北京市海淀区示范路1号",
        "phone": "400-000-0000",
        "email": "service@p2pcrm.example",
        "website": "https://p2pcrm.example",
    }
    ensure_parameters(
        [
            ("platform.identity", platform, _START, "to be replaced by the operator's own"),
            ("platform.custodian", "示范银行股份有限公司", _START, "to be replaced by the operator's own"),
            ("platform.court", "合同签订地有管辖权的人民法院", _START, "house rule"),
            ("customers.privacy_notice_version", "2026-1", _START, "house rule"),
            ("customers.export_records_a_day", 20_000, _START, "house rule"),
            ("customers.export_alarm_records", 5_000, _START, "house rule"),
            ("customers.view_alarm_records", 300, _START, "house rule"),
            ("customers.unmask_alarm_values", 50, _START, "house rule"),
            # Months after the end of the relation; zero keeps for good.
            ("customers.retention_months.preferences", 36, _START, "house rule; 个人信息保护法 19"),
            ("customers.retention_months.custom", 36, _START, "house rule; 个人信息保护法 19"),
            ("customers.retention_months.finances", 60, _START, "house rule; 个人信息保护法 19"),
            ("customers.retention_months.contact", 120, _START, "反洗钱法（2024修订）第三十四条"),
            ("customers.retention_months.person", 120, _START, "反洗钱法（2024修订）第三十四条"),
            ("customers.retention_months.documents", 120, _START, "反洗钱法（2024修订）第三十四条"),
            ("aml.retention_years", 10, date(2025, 1, 1), "反洗钱法（2024修订）第三十四条"),
            ("aml.retention_years", 5, _START, "反洗钱法（2006）"),
        ]
    )
