"""A small proposal, as the API's description shows it: that of a role of the sample trail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

EXAMPLE = Path(__file__).with_name("example.json")
"""Where it stands. `make golden` writes it."""

PROPOSAL: dict[str, Any] = orjson.loads(EXAMPLE.read_bytes())
