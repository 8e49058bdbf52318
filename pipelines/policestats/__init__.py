"""policestats: national-standard criminal and administrative report tables, every figure traceable to its records."""
