"""What keeps going: sending, answering, health."""
