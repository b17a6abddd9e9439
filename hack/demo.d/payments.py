"""What makes a made-up card payment fraud, for those who train on it and for those who wait for what became of it."""


def risk(amount, hour, category):
    """Returns the log odds of fraud; of numbers, or of whole columns."""
    return 0.02 * amount + 1.0 * (hour < 6) + 0.5 * (category == 3) - 2.2
