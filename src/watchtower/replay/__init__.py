"""Replay: recorded samples through the same engine that runs live. Time comes from the data only.

samples (CSV) -> series (observations, absent ones too) -> Replay (engine and an instant world) -> records
"""

from watchtower.replay.driver import Replay
from watchtower.replay.world import World

__all__ = ["Replay", "World"]
