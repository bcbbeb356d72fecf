"""What one operator has set up: the policy in force and the readers."""
