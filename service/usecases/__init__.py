"""What Whittle does for its users: each use case takes its ports as arguments."""
