"""How often the mapping from calls to actions and resources is right, measured on facts and recorded trails."""
