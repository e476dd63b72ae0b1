"""A month for the owner of a shop: what was spent, what it brought, and whether to go on."""
