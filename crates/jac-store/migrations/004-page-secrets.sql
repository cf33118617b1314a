-- A session has two secrets: the cookie's, which a browser sends to every port of a host, and the page's, which only JAC's own
-- page has. Sessions of before have none, so their people sign in again. The link is kept until the session is used: a browser
-- that does not take the cookie has not used it up.
DELETE FROM sessions;
ALTER TABLE sessions ADD COLUMN page TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN link TEXT;
