from __future__ import annotations

from app.rate_limits import login_bucket


def test_bucket_hides_address_and_email_and_tells_them_apart() -> None:
    bucket = login_bucket("203.0.113.7", "a@example.org")
    assert "example" not in bucket
    assert "203" not in bucket.removeprefix("login:")[:3] or len(bucket) == 70
    others = {login_bucket("203.0.113.8", "a@example.org"), login_bucket("203.0.113.7", "b@example.org"), bucket}
    assert len(others) == 3
