"""The forms in which a proposal is handed over."""

from __future__ import annotations

from enum import StrEnum


class Form(StrEnum):
    """Each is read by a tool of its own; `markdown` by people."""

    JSON = "json"
    TERRAFORM = "terraform"
    CLOUDFORMATION = "cloudformation"
    CDK = "cdk"
    CLI = "cli"
    MARKDOWN = "markdown"
