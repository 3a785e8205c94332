"""Why a body cannot be read or written."""


class DecodeError(ValueError):
    """A body is not what its media type says; one sentence without a final full stop, without the body."""


class EncodeError(ValueError):
    """A media type cannot carry a value; one sentence without a final full stop."""
