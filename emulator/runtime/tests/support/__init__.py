"""What the tests share: a worker process on a real socket, and the two kinds of clients that dial it."""
