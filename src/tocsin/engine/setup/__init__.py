"""The setup assistant of Amazon SES: a region and credentials in, a tested mail path out."""
