"""What all errors for users have in common."""


class Refusal(ValueError):
    """Something that cannot be done. The message is one sentence that says what was wrong and what to do."""
