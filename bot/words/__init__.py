"""What people write and read: text to meanings, values to text."""
