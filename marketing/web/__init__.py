"""Pages about coupons."""
