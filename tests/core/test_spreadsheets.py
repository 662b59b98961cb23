"""Files for spreadsheet programs."""

from hypothesis import given
from hypothesis import strategies as st

from core.web.spreadsheets import answer_csv, defuse


@given(st.text(max_size=20))
def test_no_cell_is_a_formula(text: str) -> None:
    assert not defuse(text).lstrip(" ").startswith(("=", "+", "-", "@"))


def test_a_file_says_its_encoding_and_is_kept_by_nobody() -> None:
    answer = answer_csv([["名", 1], ["=cmd|x", None]], "book")
    assert answer.getvalue().decode() == "\ufeff名,1\r\n'=cmd|x,\r\n"
    assert answer["Content-Disposition"] == 'attachment; filename="book.csv"' and answer["Cache-Control"] == "no-store"
