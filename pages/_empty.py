"""A page before the first part."""

from pages._layout import inspect_first as inspect_first
