"""What is decided, and nothing else: pure values and functions, `now` among their arguments."""
