"""Think Family: the right words to a family at the right week."""
