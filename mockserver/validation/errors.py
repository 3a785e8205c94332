"""Why a value or a body cannot be read or written."""


class DecodeError(ValueError):
    """A body is not what its media type says; one sentence without a final full stop, without the body.

    Attributes:
        path: To the part of the body that cannot be read; empty for the body itself.
        keyword: Of the violation that it is.
    """

    def __init__(
        self, message: str, path: tuple[str | int, ...] = (), keyword: str = "parse"
    ) -> None:
        super().__init__(message)
        self.path = path
        self.keyword = keyword


class EncodeError(ValueError):
    """A media type cannot carry a value; one sentence without a final full stop."""


class StyleError(ValueError):
    """A parameter is not written in its style; one sentence without a final full stop, without the value."""
