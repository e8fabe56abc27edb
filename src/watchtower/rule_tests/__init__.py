"""Tests of rules: timelines in TOML, played on the engine that runs live, and what must come of them.

tests/rules/*.toml -> RuleTest (every problem with its line) -> Course (what happened) -> Unmet (what should have)
"""
