"""One OpenAPI document and one folder of fixtures: the mock server and the contract test."""

__version__ = "0.1.0"
