"""What a verification is, without HTTP, SQL or Kafka."""
