"""Paging by key: as quick on the thousandth page as on the first."""

from rest_framework.pagination import CursorPagination


class KeyPagination(CursorPagination):
    """Newest first, fifty a page, `?cursor=` opaque."""

    ordering = "-id"
    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
