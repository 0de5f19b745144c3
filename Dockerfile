# One image for every Airflow component and for the sandbox: locked dependencies, then the project.
FROM python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b AS packages
WORKDIR /build
COPY requirements-bootstrap.lock requirements.lock ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements-bootstrap.lock \
    && python -m venv --without-pip /opt/venv \
    && VIRTUAL_ENV=/opt/venv uv pip sync --no-cache --compile-bytecode --require-hashes requirements.lock

FROM python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b
# Volumes take the owner of the folder that they are first mounted on.
RUN useradd --uid 50000 --gid 0 --no-create-home --home-dir /var/lib/edye/home edye \
    && install -d -o 50000 -g 0 -m 0750 /var/lib/edye /var/lib/edye/home /var/lib/edye/secrets /var/lib/edye/logs \
       /var/lib/edye/artifacts /var/lib/edye/sandbox /var/lib/edye/scratch /var/lib/edye/handed \
       /var/lib/edye/delivery-api /var/lib/edye/s3 \
    && for service in init api-server scheduler dag-processor triggerer worker delivery-api postgres redis elasticsearch elastic-init kibana s3; do \
         install -d -o 50000 -g 0 -m 0750 /var/lib/edye/handed/$service; done
COPY --from=packages /opt/venv /opt/venv
WORKDIR /opt/edye
COPY airflow_settings.yaml ./
COPY dags dags
COPY include include
COPY plugins plugins
COPY sandbox sandbox
COPY tools tools
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/opt/edye:/opt/edye/plugins \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    AIRFLOW_HOME=/var/lib/edye/home \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/edye/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/edye/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=false \
    AIRFLOW__LOGGING__BASE_LOG_FOLDER=/var/lib/edye/logs \
    AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS=0o600 \
    AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS=0o700
USER 50000:0
CMD ["airflow", "version"]
