"""Pages of the guide that are made from data: error codes, fields, rules, faults, the command."""

from tools.pages.changelog import changelog
from tools.pages.command import command
from tools.pages.errors import errors
from tools.pages.faults import faults
from tools.pages.fields import fields
from tools.pages.markdown import anchor
from tools.pages.rules import numbered, rules

__all__ = ["anchor", "changelog", "command", "errors", "faults", "fields", "numbered", "rules"]
