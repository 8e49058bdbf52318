# One image for every service of docker-compose.yml: the locked packages, the package itself, the definitions and the DAGs.
FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends make git && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home police && mkdir -p /srv/policestats /data && chown police /srv/policestats /data
USER police
WORKDIR /srv/policestats
COPY --chown=police . .
RUN make setup
ENV PATH=/srv/policestats/.venv/bin:$PATH \
    POLICESTATS_HOME=/data \
    AIRFLOW_HOME=/data/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/srv/policestats/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=false
ENTRYPOINT ["policestats"]
CMD ["--help"]
