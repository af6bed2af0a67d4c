# One image for web, workers, beat and migration; what runs is the command that compose gives.
FROM node:24-slim AS frontend
WORKDIR /frontend
COPY frontend/package.json frontend/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY frontend/ ./
RUN npm run build

FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MALLOC_ARENA_MAX=2 DATA_DIR=/data HOST=0.0.0.0
RUN useradd --create-home --uid 1000 rosemary && mkdir /data && chown rosemary:rosemary /data
WORKDIR /app
# The same installer as `make install`: torch without CUDA first, then everything by the pins of the lock.
COPY pyproject.toml requirements.lock ./
COPY companion/operations/install.py companion/operations/install.py
RUN python companion/operations/install.py --packages-only && rm -rf /root/.cache
COPY manage.py ./
COPY companion/ companion/
RUN .venv/bin/python companion/operations/languages.py
COPY memory/ memory/
COPY worker/ worker/
COPY --from=frontend /frontend/dist frontend/dist
ENV PATH=/app/.venv/bin:$PATH
USER rosemary
EXPOSE 8000
CMD ["uvicorn", "companion.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--ws-max-size", "4194304", "--ws-per-message-deflate", "false"]
