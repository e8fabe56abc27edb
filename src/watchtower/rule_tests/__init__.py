"""Tests of rules: timelines in TOML, played on the live engine, with their expected results.

tests/rules/*.toml -> RuleTest (every problem with its line) -> Course (what happened) -> Unmet (what should have)
"""
