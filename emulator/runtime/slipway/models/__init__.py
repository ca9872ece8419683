"""Model files: what kind each is, by its content, what wrote it, and whether loading it can run code. Loads nothing."""
