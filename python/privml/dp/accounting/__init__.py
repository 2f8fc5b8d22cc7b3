"""What privacy losses are, and how they add up."""
