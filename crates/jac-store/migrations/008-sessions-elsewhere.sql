-- Sessions may be kept outside of this database, where disabling somebody cannot delete them in the same transaction: those that
-- were opened up to this time are over.
ALTER TABLE people ADD COLUMN signed_out_ms INTEGER NOT NULL DEFAULT -1;
