#include "gateway/store/schema.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <filesystem>

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

[[noreturn]] void damaged(const std::string& path, const std::string& finding) {
    throw StoreError(path + ": the file is damaged (" + finding +
                     "); restore it from a backup, or move it away to begin with an empty one; nothing was changed");
}

// SQLite takes what is missing at the end for zeros. While there is a log, the missing pages may be in it.
void check_length(SQLite::Database& database, const std::string& path) {
    std::error_code error;
    const auto log = std::filesystem::file_size(path + "-wal", error);
    if (!error && log > 0) return;
    const auto size = std::filesystem::file_size(path, error);
    const auto expected = static_cast<std::uintmax_t>(number(database, "PRAGMA page_count")) *
                          static_cast<std::uintmax_t>(number(database, "PRAGMA page_size"));
    if (!error && size < expected) damaged(path, std::to_string(expected - size) + " bytes are missing at its end");
}

// SQLite's findings have a heading and several lines; the first that says something is enough.
void check_pages(SQLite::Database& database, const std::string& path) {
    std::string finding = database.execAndGet("PRAGMA quick_check(1)").getString();
    if (finding == "ok") return;
    if (finding.starts_with("***")) finding.erase(0, finding.find('\n') + 1);
    damaged(path, finding.substr(0, finding.find('\n')));
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
    check_length(database, path);
    check_pages(database, path);
}

}  // namespace busbar::store
