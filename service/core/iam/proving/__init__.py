"""The prover: whether one set of policies allows nothing that another does not, with a witness where it does."""
