"""What ours is compared with, each written plainly, the way its own documentation recommends."""
