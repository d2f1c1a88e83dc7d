#include "gateway/store/schema.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include "gateway/store/migrations.hpp"
#include "gateway/store/store.hpp"

namespace busbar::store {

namespace {

int number(SQLite::Database& database, const char* sql) {
    return database.execAndGet(sql).getInt();
}

void check_owner(SQLite::Database& database, const std::string& path) {
    if (number(database, "PRAGMA application_id") == application_id) return;
    if (number(database, "SELECT count(*) FROM sqlite_schema") == 0) return;
    throw StoreError(path +
                     ": is an SQLite database of another program; expected one of busbar's; nothing was changed");
}

void check_version(SQLite::Database& database, const std::string& path) {
    const int version = number(database, "PRAGMA user_version");
    if (version >= 0 && version <= newest_schema()) return;
    throw StoreError(path + ": has schema " + std::to_string(version) + ", this busbar knows schemas up to " +
                     std::to_string(newest_schema()) + "; start the newer busbar that wrote it; nothing was changed");
}

void check_pages(SQLite::Database& database, const std::string& path) {
    const std::string finding = database.execAndGet("PRAGMA quick_check(1)").getString();
    if (finding == "ok") return;
    throw StoreError(path + ": the file is damaged (" + finding +
                     "); restore it from a backup, or move it away to begin with an empty one; nothing was changed");
}

void apply(SQLite::Database& database, const Migration& migration) {
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    if (migration.version == 1) {
        database.exec("PRAGMA application_id = " + std::to_string(application_id));
        database.exec(
            "CREATE TABLE schema (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied TEXT NOT NULL) STRICT");
    }
    database.exec(migration.sql);
    SQLite::Statement note(database, "INSERT INTO schema VALUES (?, ?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))");
    note.bind(1, migration.version);
    note.bindNoCopy(2, migration.name);
    note.exec();
    database.exec("PRAGMA user_version = " + std::to_string(migration.version));
    transaction.commit();
}

}  // namespace

int newest_schema() {
    return migrations.back().version;
}

void migrate(SQLite::Database& database, int version) {
    const int present = number(database, "PRAGMA user_version");
    for (const Migration& migration : migrations) {
        if (migration.version > present && migration.version <= version) apply(database, migration);
    }
}

void check(SQLite::Database& database, const std::string& path) {
    check_owner(database, path);
    check_version(database, path);
    check_pages(database, path);
}

}  // namespace busbar::store
