"""A learner's backpack, and its connections to other hosts of Open Badges."""
