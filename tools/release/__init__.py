"""From the working tree to artifacts that can be published; nothing here publishes anything."""
