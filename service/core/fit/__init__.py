"""How policies are made to fit where they go: a ladder, of which only as many rungs are climbed as it takes."""
