"""What may be done to blocks: types, schemas, documents."""
