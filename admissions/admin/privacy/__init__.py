"""Pages of the desk about retention, legal holds, disclosures and what people ask of us."""
