"""The served app in a real Chromium, as a person uses it."""
