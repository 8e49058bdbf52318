"""How records come in: read from a source, disguised, kept as raw loads, and merged into the versions of the core tables."""
