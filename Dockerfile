# syntax=docker/dockerfile:1
FROM python:3.12-slim AS build
RUN python -m pip install --no-cache-dir uv
WORKDIR /src
COPY requirements.lock pyproject.toml README.md ./
RUN uv venv /opt/holdfast && uv pip sync --require-hashes --python /opt/holdfast/bin/python requirements.lock
COPY service ./service
COPY integrations ./integrations
RUN uv build --wheel --out-dir /dist . && uv pip install --no-deps --python /opt/holdfast/bin/python /dist/*.whl

FROM python:3.12-slim
RUN useradd --system --uid 10001 --create-home --home-dir /data holdfast
COPY --from=build /opt/holdfast /opt/holdfast
ENV PATH=/opt/holdfast/bin:$PATH \
    HOLDFAST_DATABASE_URL=sqlite:////data/holdfast.sqlite \
    PYTHONUNBUFFERED=1
USER holdfast
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["holdfast"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
