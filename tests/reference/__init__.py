"""A slow twin of the compiler: the language of docs/language.md, row by row over lists of dicts. It shares no code with policestats."""
