import io
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256

import pypdf
import pytest

from lending.documents import rendering, wording
from lending.documents.contract import ContractData, EarlySettlementTerms
from lending.documents.rendering import TEMPLATE_VERSION, ContractFontMissing, UnprintableContract, render_contract

Make = Callable[..., ContractData]

# A new text needs a new version: whoever changes the template adds a line here.
PUBLISHED_TEXTS = {
    "LC-2026.1": "144c7e3ff6dd59096a6b95b671914604ccbe827cf5cbf78361f872591dc5582e",
    "LC-2026.2": "222f0bdfaf23fbafd32512aecef51c5f36a820e8ec5d76a100a5bdba4d1e7ed2",
}

ARTICLES = (
    "第一条　借款要素",
    "第二条　出借份额",
    "第三条　借款的交付与合同生效",
    "第四条　利率、利息与综合融资成本",
    "第五条　还款",
    "第六条　提前还款",
    "第七条　逾期责任",
    "第八条　借款用途与提前到期",
    "第九条　担保",
    "第十条　债权转让",
    "第十一条　丙方的地位",
    "第十二条　甲方的陈述与保证",
    "第十三条　个人信息的使用",
    "第十四条　征信授权",
    "第十五条　催收",
    "第十六条　通知与送达",
    "第十七条　电子签名",
    "第十八条　变更与展期",
    "第十九条　法律适用与争议解决",
    "第二十条　特别约定",
    "第二十一条　附则",
    "附件一　出借人名单及出借份额",
    "附件二　还款计划表",
    "附件三　综合融资成本明示表",
    "签署页",
)


def _text(pdf: bytes) -> str:
    """Return all text without white space, which carries no meaning in a Chinese contract."""
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pages))


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("equal_instalment", "等额本息。每期偿还相同金额的本息"),
        ("equal_principal", "等额本金。每期偿还相同金额的本金"),
        ("interest_only_bullet", "先息后本（按期付息、到期还本）"),
        ("bullet", "一次性还本付息。到期日一次偿还全部本金"),
    ],
)
def test_every_article_and_figure_is_in_the_text(make_contract: Make, method: str, words: str) -> None:
    data = make_contract(method)
    text = _text(render_contract(data))
    assert [title for title in ARTICLES if _squeezed(title) not in text] == []
    assert words in text
    assert data.cost
    stated = [
        data.number,
        data.listing_number,
        # 668: kind, currency, purpose, amount, rate, term, method.
        "个人消费借款（信用借款）",
        "币种人民币",
        "住房装修",
        "100,000.00元",
        "人民币壹拾万元整",
        "10.80%",
        "12个月（到期一次偿还）" if method == "bullet" else "12个月（共12期，每月为一期）",
        "2026年11月23日（实际起息日为放款日）",
        "2027年11月23日",
        # What it costs, and the ceiling.
        wording.rounded_percent(data.cost.nominal_annual_rate),
        wording.rounded_percent(data.cost.effective_annual_rate),
        "平台服务费每期收取每期20.00元信桥网络借贷信息中介有限公司",
        "为3.00%（2026年11月20日公布），其4倍为年利率12.00%",
        "逾期本金按日利率0.0333%计收逾期罚息",
        # The rest of the checklist.
        "张三丰",
        "11010519491231002X",
        "13812345678",
        "北京市朝阳区建国路88号院5号楼1201室",
        "账号6222021234567890123",
        "费用、逾期罚息、利息、本金",
        "顺延至其后第一个工作日",
        "应提前3日在平台提出申请",
        "不收取违约金、手续费或者其他任何补偿费用",
        "逾期超过90日",
        "本合同项下债务的担保：无保证、抵押、质押等任何担保。",
        "平台站内信、短信向甲方发出",
        "PN-2026.3",
        "CR-99812",
        "22:00至次日08:00",
        "ES-11873",
        "丙方住所地有管辖权的人民法院诉讼解决",
        "甲方每季度提交一次装修进度照片",
        "放款日）起成立并生效",
        TEMPLATE_VERSION,
    ]
    assert [words for words in stated if words not in text] == []


@pytest.mark.parametrize("method", ["equal_instalment", "bullet"])
def test_each_lender_and_instalment_has_its_row(make_contract: Make, method: str) -> None:
    data = make_contract(method, 5)
    text = _text(render_contract(data))
    for lender in data.lenders:
        interest = sum((receipt.interest for receipt in lender.receipts), Decimal("0.00"))
        row = (
            f"{lender.party.name}{lender.party.reference}{lender.party.identity_number}{lender.party.phone}"
            f"{lender.amount:,.2f}{lender.amount / 1000:.4f}%{interest:,.2f}{lender.amount + interest:,.2f}"
        )
        assert row in text
    for row in data.schedule:
        total = row.principal + row.interest + row.fee
        assert (
            f"{row.due_date}{row.nominal_due_date}{row.principal:,.2f}{row.interest:,.2f}{row.fee:,.2f}"
            f"{total:,.2f}{row.balance:,.2f}" in text
        )


def test_pages_are_counted_and_carry_the_number(make_contract: Make) -> None:
    data = make_contract(lender_count=30)
    pages = pypdf.PdfReader(io.BytesIO(render_contract(data))).pages
    for number, page in enumerate(pages, start=1):
        text = _squeezed(page.extract_text())
        assert f"合同编号：{data.number}" in text
        assert f"第{number}页共{len(pages)}页" in text


def test_no_special_clause_no_article_for_it(make_contract: Make) -> None:
    text = _text(render_contract(make_contract(special_clauses=())))
    assert "特别约定" not in text
    assert "第二十条附则" in text


def test_early_settlement_is_stated_as_agreed(make_contract: Make) -> None:
    with_fee = make_contract(early_settlement=EarlySettlementTerms(notice_days=0, fee_rate=Decimal("0.010000")))
    text = _text(render_contract(with_fee))
    assert "甲方可随时在平台提前偿还全部借款" in text
    assert "此前已支付的利息超过该数额的部分，冲抵应还本金" in text
    assert "另按提前偿还本金的1.00%支付提前还款手续费" in text
    assert "不收取违约金" not in text


def test_the_same_facts_give_the_same_bytes(make_contract: Make) -> None:
    first = render_contract(make_contract())
    other = render_contract(make_contract(number="CT-OTHER"))
    again = render_contract(make_contract())
    assert sha256(first).digest() == sha256(again).digest()
    assert first != other


def test_a_changed_text_has_a_new_version() -> None:
    assert PUBLISHED_TEXTS[TEMPLATE_VERSION] == rendering.template_sha256()


def test_texts_of_users_are_text_and_never_markup(make_contract: Make) -> None:
    data = make_contract()
    purpose = '#set page(width: 1pt) *粗* $x$ "引号" \\ #sys.inputs'
    text = _text(render_contract(replace(data, terms=replace(data.terms, purpose=purpose))))
    assert _squeezed(purpose) in text


def test_rare_characters_of_names_are_printed(make_contract: Make) -> None:
    data = make_contract()
    assert data.borrower
    borrower = replace(data.borrower, name="䶮㛃犇")
    assert "䶮㛃犇" in _text(render_contract(replace(data, borrower=borrower)))


def test_a_character_without_a_glyph_stops_the_contract(make_contract: Make) -> None:
    data = make_contract()
    assert data.borrower
    with pytest.raises(UnprintableContract, match="could not be displayed"):
        render_contract(replace(data, borrower=replace(data.borrower, name="张\U0001f600")))


def test_missing_fonts_are_named(make_contract: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    rendering._compiler.cache_clear()
    monkeypatch.setitem(sys.modules, "pylopdf_fonts_zh_cn", None)
    with pytest.raises(ContractFontMissing, match="pylopdf-fonts-zh-cn"):
        render_contract(make_contract())
    monkeypatch.undo()
    assert render_contract(make_contract()).startswith(b"%PDF-2.0")


def test_it_is_an_archive_file_with_its_title(make_contract: Make) -> None:
    reader = pypdf.PdfReader(io.BytesIO(render_contract(make_contract())))
    metadata = reader.xmp_metadata
    assert metadata is not None
    assert "pdfaid:part" in metadata.stream.get_data().decode() and ">4<" in metadata.stream.get_data().decode()
    assert metadata.dc_title == {"x-default": "网络借贷借款合同 CT-20261122-7K3M9Q"}
    fonts = {str(font) for page in reader.pages for font in _embedded_fonts(page)}
    assert fonts and all("NotoSerifSC" in font or "NotoSansSC" in font for font in fonts)


def _embedded_fonts(page: pypdf.PageObject) -> list[object]:
    resources = page["/Resources"]["/Font"]  # type: ignore[index]
    return [font.get_object()["/BaseFont"] for font in resources.values()]
