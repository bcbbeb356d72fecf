"""The server: cameras and people in over HTTP, and nobody else."""
