// SQLite's own copying: it reads one moment of the write-ahead log, whatever is committed meanwhile. The copy gets its
// name only when it is whole, checked and synced, so that a name that is there is a backup that can be restored.
#include "gateway/store/backup.hpp"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "gateway/store/directory.hpp"
#include "gateway/store/errors.hpp"
#include "gateway/store/rows.hpp"
#include "gateway/store/schema.hpp"
#include "gateway/store/store.hpp"

namespace busbar::store {

namespace {

constexpr int busy_ms = 5'000;
constexpr std::string_view no_copy = "no copy was made, and the store is as it was";

bool is_there(const std::string& path) {
    struct stat facts {};
    return ::lstat(path.c_str(), &facts) == 0;
}

SQLite::Database open_source(const std::string& file) {
    if (!is_there(file)) throw StoreError(file + ": is not there; expected a store; " + std::string(no_copy));
    try {
        return SQLite::Database(file, SQLite::OPEN_READONLY, busy_ms);
    } catch (const SQLite::Exception& error) {
        fail(file, "read it", error, 0, no_copy);
    }
}

// In one step, so that it is one moment; who writes is not held up by a reader.
void copy_pages(SQLite::Database& target, SQLite::Database& source) {
    SQLite::Backup copy(target, source);
    if (const int code = copy.executeStep(); code != SQLITE_DONE)
        throw SQLite::Exception("the store is locked by another program", code);
}

// One file without companions is what becomes of it: no write-ahead log that somebody might forget to move along.
void draft_copy(const std::string& file, const std::string& draft, const std::string& to) {
    SQLite::Database source = open_source(file);
    try {
        source.execAndGet("SELECT count(*) FROM sqlite_schema");
    } catch (const SQLite::Exception& error) {
        fail(file, "read it", error, last_errno(source.getHandle()), no_copy);
    }
    std::optional<SQLite::Database> target;
    try {
        target.emplace(draft, SQLite::OPEN_READWRITE, busy_ms);
        copy_pages(*target, source);
        target->execAndGet("PRAGMA journal_mode = DELETE");
    } catch (const SQLite::Exception& error) {
        fail(to, "copy to it", error, target ? last_errno(target->getHandle()) : 0, no_copy);
    }
}

// SQLite does not tell every failure at the end of a log: the file itself is synced and looked through, as it lies
// there. A copy that cannot be used is found out now, not when it is needed. The sequence of its last entry.
std::int64_t look_through(const std::string& draft, const std::string& to) {
    sync_file(draft);
    try {
        SQLite::Database copy(draft, SQLite::OPEN_READONLY, busy_ms);
        if (copy.execAndGet("PRAGMA journal_mode").getString() != "delete")
            throw SQLite::Exception("the copy cannot leave its write-ahead log", SQLITE_IOERR);
        check(copy, to);
        if (!copy.tableExists("entries"))
            throw StoreError(to + ": the store is empty; expected one that a gateway has worked on; " +
                             std::string(no_copy));
        return last_sequence_of(copy);
    } catch (const SQLite::Exception& error) {
        fail(to, "read the copy", error, 0, no_copy);
    }
}

void remove_companions(const std::string& draft) {
    for (const char* end : {"-journal", "-wal", "-shm"}) ::unlink((draft + end).c_str());
}

void remove_draft(const std::string& draft) {
    ::unlink(draft.c_str());
    remove_companions(draft);
}

}  // namespace

std::int64_t copy_database(const std::string& file, const std::string& to) {
    if (is_there(to)) throw StoreError(to + ": is there already; expected a name that is free");
    const std::string draft = to + ".unfinished";
    remove_draft(draft);
    make_private_file(draft);
    std::int64_t sequence = 0;
    try {
        draft_copy(file, draft, to);
        remove_companions(draft);
        sequence = look_through(draft, to);
        if (::rename(draft.c_str(), to.c_str()) != 0)
            throw StoreError(to + ": cannot move the copy there: " + std::strerror(errno) + "; " +
                             std::string(no_copy));
    } catch (...) {
        remove_draft(draft);
        throw;
    }
    try {
        sync_directory_of(to);
    } catch (const StoreError&) {
        ::unlink(to.c_str());
        throw;
    }
    return sequence;
}

std::int64_t backup(const std::string& directory, const std::string& to) {
    return copy_database(directory + "/busbar.db", to);
}

void restore(const std::string& from, const std::string& directory) {
    make_directory(directory);
    const DirectoryLock lock(directory);
    const std::string file = directory + "/busbar.db";
    for (const char* end : {"", "-wal", "-shm", "-journal"}) {
        if (is_there(file + end))
            throw StoreError(file + end +
                             ": there is a store in this directory already; move it away, or name another " +
                             "directory; nothing was changed");
    }
    copy_database(from, file);
}

}  // namespace busbar::store
