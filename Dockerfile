FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY mockserver/ mockserver/
RUN python -m venv /opt/mockserver \
 && /opt/mockserver/bin/pip install --no-cache-dir --disable-pip-version-check ".[redis]"

FROM python:3.13-slim
LABEL org.opencontainers.image.title="openapi-mockserver" \
      org.opencontainers.image.description="One OpenAPI document and one folder of fixtures: a mock server" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/mockserver /opt/mockserver
# The document and fixtures of your own are mounted over these: docker run -v .:/mock:ro
WORKDIR /mock
COPY openapi.yaml ./
COPY fixtures/ fixtures/
ENV PATH=/opt/mockserver/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MOCKSERVER_HOST=0.0.0.0 \
    MOCKSERVER_PORT=4010
EXPOSE 4010
# By number, so that Kubernetes can see that it is not root
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --start-interval=1s --retries=3 \
  CMD ["mockserver", "health"]
ENTRYPOINT ["mockserver"]
CMD ["serve"]
