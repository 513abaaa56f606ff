"""The steps. One that was released is never changed; the next one goes beside it, and `schema.VERSION` names it."""
