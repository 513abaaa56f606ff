"""Facts about condition keys, from the tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeyFact:
    """A row of `condition_keys.tsv`. `values` are `one`, `several`, or `folders` for one that begins with such."""

    key: str
    is_shown: bool
    values: str
    risk: str


@dataclass(frozen=True)
class Facts:
    """The tables: facts of condition keys by key, and the services whose requests go to one endpoint; `listed` gives
    the keys of its own that the catalog lists for an action.
    """

    keys: Mapping[str, KeyFact]
    global_services: frozenset[str]
    listed: Callable[[str], Sequence[str]]

    def has_several(self, key: str) -> bool:
        """Whether a request may have several values of a key.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
        """
        return key in self.keys and self.keys[key].values == "several"

    def has_folders(self, key: str) -> bool:
        """Whether its values begin with folders."""
        return key in self.keys and self.keys[key].values == "folders"

    def risk(self, key: str) -> str:
        """What a condition on a key may break; a key that ends in a name of the caller's is that of its beginning."""
        if key in self.keys:
            return self.keys[key].risk
        return next(fact.risk for start, fact in self.keys.items() if start[-1] in "/:" and key.startswith(start))
