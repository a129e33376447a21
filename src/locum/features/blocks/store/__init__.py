"""Every statement about blocks: types, schemas, documents."""
