"""The head of every page."""

from pages._layout import head as head
