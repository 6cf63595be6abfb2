"""What is known of Amazon SES without asking it."""
