"""Energy: what a computation took, measured and never guessed. Knows nothing of models.

- :class:`Meter`, :class:`Reading`: joules between two moments, from what this machine can read; ``None`` where it can't
"""

from hameau.energy.meter import Meter, Reading

__all__ = ["Meter", "Reading"]
