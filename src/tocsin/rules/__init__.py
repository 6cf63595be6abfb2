"""Response rules, pure: conditions, compiled matching, reasons in words."""
