-- The oldest schema whose JAC can work on this database: one that is rolled back reads it before it gives up. A migration
-- that an older JAC cannot live with raises the number.
CREATE TABLE oldest_reader (schema INTEGER NOT NULL) STRICT;
INSERT INTO oldest_reader VALUES (3);
