"""From curated cases and a recipe to an adapter that is known to have learnt something."""
