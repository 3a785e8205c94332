"""Whether everything is tried, which takes minutes: ``scripts/abuse`` asks for it."""

import os

THOROUGH = os.environ.get("ABUSE") == "all"
