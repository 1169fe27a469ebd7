"""The whole site, on processes of its own that are killed while people book by HTTP."""
