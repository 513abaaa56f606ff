"""The IAM policy language. Knows nothing of logs."""
