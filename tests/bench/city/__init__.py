"""A simulated city: its forms in full, after a few records changed, and beside a bare program that makes the same counts."""
