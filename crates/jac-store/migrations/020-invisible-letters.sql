-- `folded` leaves out letters that are not visible, so that an account is not called like another with one of them in between. Whose key another has
-- gets one with its id behind it, as in migration 17, and is found by its name exactly as it is written.
UPDATE people SET name_key = folded(name) || char(31) || id WHERE name_key <> folded(name) AND instr(name_key, char(31)) = 0;
UPDATE OR IGNORE people SET name_key = folded(name) WHERE instr(name_key, char(31)) > 0;
UPDATE teams SET name_key = folded(name) || char(31) || id WHERE name_key <> folded(name) AND instr(name_key, char(31)) = 0;
UPDATE OR IGNORE teams SET name_key = folded(name) WHERE instr(name_key, char(31)) > 0;

UPDATE runs SET search = folded(search) WHERE search GLOB '*[^' || char(1) || '-~]*';
UPDATE clusters SET search = folded(search) WHERE search GLOB '*[^' || char(1) || '-~]*';
UPDATE plans SET search = folded(search) WHERE search GLOB '*[^' || char(1) || '-~]*';
UPDATE schedules SET search = folded(search) WHERE search GLOB '*[^' || char(1) || '-~]*';
