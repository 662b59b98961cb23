"""What may be done with coupons: offer, hand out, use, pay, release."""
