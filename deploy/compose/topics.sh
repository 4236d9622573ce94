#!/bin/bash
# The topics of libs/contracts, each with its sibling for dead letters. Those that exist are left as they are.
set -euo pipefail

topic() {
  local name="$1"
  shift
  /opt/kafka/bin/kafka-topics.sh --bootstrap-server "${KAFKA:-kafka:9092}" --create --if-not-exists \
    --partitions 6 --replication-factor 1 --topic "${name}" "${@/#/--config=}"
  /opt/kafka/bin/kafka-topics.sh --bootstrap-server "${KAFKA:-kafka:9092}" --create --if-not-exists \
    --partitions 6 --replication-factor 1 --topic "${name}.dlq" --config=retention.ms=2592000000
}

topic achievement-published cleanup.policy=compact
topic issuer-published cleanup.policy=compact
topic status-list-published cleanup.policy=compact
topic credential-issued cleanup.policy=delete retention.ms=-1
topic credential-revoked cleanup.policy=delete retention.ms=-1
topic access-revoked cleanup.policy=delete retention.ms=86400000
topic pathway-published cleanup.policy=compact
topic endorsement-published cleanup.policy=compact
topic agreement-published cleanup.policy=compact
