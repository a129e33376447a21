"""Repeatable load against any Prefect-compatible server, with the CPU that each request costs."""
