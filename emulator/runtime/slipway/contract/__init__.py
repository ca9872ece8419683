"""The batch contract of a service, tried out: the same answer for a request whatever it shares a batch with."""
