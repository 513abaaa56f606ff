"""Places for an index, as the store's own tests have them."""

from __future__ import annotations

from tests.adapters.usage_index.conftest import folder, place, schema, server

__all__ = ["folder", "place", "schema", "server"]
