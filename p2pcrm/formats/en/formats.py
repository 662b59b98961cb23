"""Formats of English pages."""

from p2pcrm.formats import *  # noqa: F403 - the same in every language
