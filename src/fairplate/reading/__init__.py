"""Pictures, videos and streams in; plate reads out. Knows nothing of hot lists."""
