"""The worker link: frames over a stream socket, as schemas/frames.ts lays them out. Knows nothing of services."""
