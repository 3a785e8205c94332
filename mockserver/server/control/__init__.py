"""The control API below its prefix; ``application.py`` puts it together."""
