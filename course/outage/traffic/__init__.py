"""The room of requests: what clients send, when they try again, what comes back."""
