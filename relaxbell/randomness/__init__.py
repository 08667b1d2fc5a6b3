"""How well an adversary guesses outcomes, who may bias the settings within a budget: randomness that is certified."""
