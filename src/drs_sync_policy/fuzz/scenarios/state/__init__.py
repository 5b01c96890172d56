"""What is stored after requests: policies are set, read and handed to the checks."""
