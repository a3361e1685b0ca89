"""Play: synthetic families, two years through the real line, and a chat in the terminal."""
