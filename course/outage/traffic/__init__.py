"""The room of requests: how clients send them, try again, and read the answers."""
