"""`whittle render`: a proposal in the form in which its owner keeps it."""

from __future__ import annotations

from argparse import Namespace

from service.cli.files import emit, write_file
from service.core.render.form import Form
from service.core.shown import shown
from service.usecases.rendering import rendered
from service.wiring import file_in


def render(arguments: Namespace) -> int:
    """Write it to standard output, or to the file that is named."""
    content = file_in(arguments.proposal, "the proposal")
    text = rendered(shown(str(arguments.proposal)), content, Form(arguments.form)).encode()
    if arguments.output is None:
        emit(text)
    else:
        write_file(arguments.output, text)
    return 0
