-- What protocols keep beside the journal: registrations, subscriptions, enrolled devices. Bodies are theirs.
CREATE TABLE documents (
    folder TEXT NOT NULL,
    key    TEXT NOT NULL,
    body   BLOB NOT NULL,
    PRIMARY KEY (folder, key)
) STRICT;
