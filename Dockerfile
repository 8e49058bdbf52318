# One image for every service of docker-compose.yml: the locked packages, the package itself, the definitions and the DAGs.
# Every file from a registry, the installer included, has its version and hash from requirements.lock; what only tests need stays out.
FROM python:3.11-slim-bookworm AS build
WORKDIR /srv/policestats
COPY requirements.lock pyproject.toml README.md ./
RUN python -m venv /opt/uv \
 && sed -n '/^uv==/,/# via/p' requirements.lock > /opt/uv/requirements.txt \
 && /opt/uv/bin/pip install --no-cache-dir --require-hashes --requirement /opt/uv/requirements.txt
RUN python -m venv --without-pip /opt/venv \
 && /opt/uv/bin/uv pip install --no-cache --python /opt/venv/bin/python --compile-bytecode --require-hashes \
        --constraint requirements.lock --requirement pyproject.toml --extra celery
COPY pipelines pipelines
RUN /opt/uv/bin/uv pip install --no-cache --python /opt/venv/bin/python --no-deps --editable . --build-constraint requirements.lock

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --user-group --create-home police \
 && install --directory --owner=police --group=police --mode=0750 /data /logs /logins /opt/airflow
COPY --from=build /opt/venv /opt/venv
WORKDIR /srv/policestats
COPY pyproject.toml README.md ./
COPY --from=build /srv/policestats/pipelines pipelines
COPY schemas schemas
COPY expectations expectations
COPY report_templates report_templates
COPY dags dags
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    POLICESTATS_HOME=/data \
    POLICESTATS_DEFINITIONS=/srv/policestats \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/srv/policestats/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=false \
    AIRFLOW__LOGGING__BASE_LOG_FOLDER=/logs
USER police
ENTRYPOINT ["policestats"]
CMD ["--help"]
