-- The inputs of the core in the order in which they were taken, and pictures of its state that shorten their replay.
CREATE TABLE entries (
    sequence INTEGER PRIMARY KEY,  -- 1, 2, 3 … without gaps; old ones are trimmed from the front
    now_us   INTEGER NOT NULL,     -- the time of the step, µs since 1970 UTC
    body     BLOB    NOT NULL
) STRICT;

CREATE TABLE snapshots (
    sequence INTEGER PRIMARY KEY,  -- of the last entry that it contains
    now_us   INTEGER NOT NULL,
    body     BLOB    NOT NULL
) STRICT;
