"""How long personal data is kept, who may have it removed or copied, and to whom it was told."""
