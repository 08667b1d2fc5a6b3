"""Certificates: exact data from which anyone can check a bound, written for `relaxbell.verify`."""
