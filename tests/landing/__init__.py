"""How records come in: readers, increments, and what is refused."""
