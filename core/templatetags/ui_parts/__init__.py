"""The tags and filters of `{% load ui %}`, by what they are about."""
