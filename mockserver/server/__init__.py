"""Bytes in, bytes out: the only package that knows Starlette and uvicorn."""
