"""What a design can detect."""
