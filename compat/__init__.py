"""Black-box proof: the real client and the peer against locum, which is never imported here."""
