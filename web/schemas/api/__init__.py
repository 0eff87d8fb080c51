"""What API v1 takes and gives, field by field. The OpenAPI document is made from these schemas and nothing else."""
