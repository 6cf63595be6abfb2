"""Ways in which the rehearsal relay can misbehave; one file each, found by being here."""
