#!/bin/bash
# Run once, by the PostgreSQL image, on an empty volume: a database for each service with its two roles.
# <room>_migrate owns the tables; <room>_app gets what the migrations grant it; no other role may connect.
set -euo pipefail

for room in gateway catalog issuer registry verifier; do
  password_name="${room^^}_DB_PASSWORD"
  psql --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    --set room="${room}" --set owner="${room}_migrate" --set app="${room}_app" --set password="${!password_name}" <<'SQL'
CREATE ROLE :"owner" LOGIN PASSWORD :'password';
CREATE ROLE :"app" LOGIN PASSWORD :'password';
CREATE DATABASE :"room" OWNER :"owner";
REVOKE ALL ON DATABASE :"room" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"room" TO :"owner", :"app";
\connect :"room"
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO :"app";
SQL
done
