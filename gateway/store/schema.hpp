// The file's schema: which versions there are, and how a file gets to the newest.
#pragma once

#include <string>

namespace SQLite {
class Database;
}

namespace busbar::store {

// "busb": tells a busbar file from any other SQLite database.
inline constexpr int application_id = 0x62757362;

int newest_schema();
// Refuses a file that is not busbar's, is damaged, or was written by a newer busbar. Throws StoreError; changes
// nothing.
void check(SQLite::Database& database, const std::string& path);
// Applies what is missing up to `version`, each migration in its own transaction.
void migrate(SQLite::Database& database, int version);

}  // namespace busbar::store
