"""The doctor: walks a mail path as far as is safe, and says the true cause of what fails."""
