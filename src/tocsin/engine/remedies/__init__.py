"""What Tocsin can do about a finding: one module a kind, pure; `engine.remedy` carries it out."""
