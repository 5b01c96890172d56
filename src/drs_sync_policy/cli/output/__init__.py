"""What the command prints: tables, sentences, progress."""
