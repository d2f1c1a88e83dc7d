// One connection writes and reads; a second, on the checkpointer's thread, empties the write-ahead log.
//
// Durability by PRAGMA synchronous, switched between transactions only when it differs: FULL syncs the log before
// COMMIT returns, NORMAL leaves it to the next FULL commit or checkpoint. The log is one file written in order, so a
// durable commit carries every earlier one with it, and what a power failure can take is always the newest end. Two
// connections, one for each mode, would cost each a re-read of the other's pages; a sync of the log by hand would have
// to know which file SQLite uses.
#include "gateway/store/store.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <atomic>
#include <filesystem>
#include <mutex>

#include "gateway/store/backup.hpp"
#include "gateway/store/checkpointer.hpp"
#include "gateway/store/directory.hpp"
#include "gateway/store/errors.hpp"
#include "gateway/store/log_check.hpp"
#include "gateway/store/rows.hpp"
#include "gateway/store/schema.hpp"

namespace busbar::store {

namespace {

constexpr int busy_ms = 5'000;  // an operator's sqlite3 shell may hold the file for a moment
constexpr std::size_t most_body_bytes = 256 * 1024 * 1024;
constexpr std::string_view nothing_stored = "nothing of it was stored, and the store goes on";

void bind_blob(SQLite::Statement& statement, int index, std::string_view bytes) {
    if (bytes.size() > most_body_bytes) throw SQLite::Exception("larger than 256 MiB", SQLITE_TOOBIG);
    // SQLite takes a null pointer for NULL, and an empty view may have one.
    statement.bindNoCopy(index, static_cast<const void*>(bytes.empty() ? "" : bytes.data()),
                         static_cast<int>(bytes.size()));
}

}  // namespace

struct Store::Impl {
    std::string path;
    DirectoryLock lock;
    std::string warning;
    SQLite::Database database;
    std::optional<SQLite::Statement> insert_entry, put_document, delete_document;
    std::optional<Checkpointer> checkpointer;
    std::int64_t last_sequence = 0;
    bool synced = false;        // PRAGMA synchronous is FULL
    std::string final_failure;  // of the disk; everything is refused from then on
    std::atomic<std::uint64_t> commits{0}, durable_commits{0}, entries{0}, documents{0};

    explicit Impl(const std::string& directory)
        : path(directory + "/busbar.db"), lock(directory), warning(check_log(path, lock)), database(open_file(path)) {
        guarded("open it", "nothing was changed", [&] { prepare(); });
        lock.note_start();
    }

    // Since the system has not gone down, nothing but damage breaks the log in its middle: acknowledged changes are
    // lost if it is taken as it is. Else the power failed, and most likely took what was not acknowledged.
    static std::string check_log(const std::string& path, const DirectoryLock& lock) {
        const std::string log = path + "-wal";
        const LogState state = read_log(log);
        if (!state.broken()) return {};
        const std::string what = log + ": " + words_of(state);
        if (lock.same_start())
            throw StoreError(what + ": the file is damaged; restore a backup, or cut it with `truncate -s " +
                             std::to_string(state.good_bytes) +
                             "` to lose the changes after that; nothing was changed");
        std::error_code error;
        const auto kept = std::filesystem::copy_options::overwrite_existing;
        std::filesystem::copy_file(log, log + ".broken", kept, error);
        if (!error) std::filesystem::resize_file(log, state.good_bytes, error);  // told once, not at each start
        return what +
               "; what follows it is not used: after a power failure what had not been acknowledged, else check "
               "the disk" +
               (error ? std::string() : " (a copy is kept as " + log + ".broken)");
    }

    static SQLite::Database open_file(const std::string& path) {
        make_private_file(path);
        try {
            return SQLite::Database(path, SQLite::OPEN_READWRITE, busy_ms);
        } catch (const SQLite::Exception& error) {
            fail(path, "open it", error, 0, "nothing was changed");
        }
    }

    void prepare() {
        check(database, path);
        const std::string mode = database.execAndGet("PRAGMA journal_mode = WAL").getString();
        if (mode != "wal") {
            throw StoreError(path + ": cannot keep a write-ahead log there (journal mode " + mode +
                             "); expected a local file system; nothing was changed");
        }
        migrate(database, newest_schema());
        database.exec("PRAGMA journal_size_limit = 33554432");  // a log that was long is cut when it begins anew
        database.exec("PRAGMA secure_delete = FAST");           // overwrite what costs no further page
        insert_entry.emplace(database, "INSERT INTO entries VALUES (?, ?, ?)");
        put_document.emplace(database,
                             "INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body");
        delete_document.emplace(database, "DELETE FROM documents WHERE folder = ? AND key = ?");
        last_sequence = last_sequence_of(database);
        set_synchronous(true);
        checkpointer.emplace(path);
        sqlite3_wal_hook(
            database.getHandle(),
            [](void* hooked, sqlite3*, const char*, int pages) {
                static_cast<Checkpointer*>(hooked)->log_has(pages);
                return SQLITE_OK;
            },
            &*checkpointer);
    }

    // SQLite takes the pragma only between transactions; it costs a microsecond and no disk access.
    void set_synchronous(bool full) {
        if (synced == full) return;
        database.exec(full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
        synced = full;
    }

    template <class Work>
    void guarded(std::string_view operation, std::string_view consequence, const Work& work) {
        if (!final_failure.empty()) throw StoreError(final_failure);
        try {
            work();
        } catch (const SQLite::Exception& error) {
            const int system_errno = last_errno(database.getHandle());
            try {
                fail(path, operation, error, system_errno, consequence);
            } catch (const StoreError& told) {
                if (is_final(error)) final_failure = told.what();
                throw;
            }
        }
    }

    // One transaction; the gate keeps the checkpointer's last step out of it.
    template <class Work>
    void write(std::string_view operation, bool durable, const Work& work) {
        guarded(operation, nothing_stored, [&] {
            checkpointer->make_room();
            const std::lock_guard open(checkpointer->gate());
            set_synchronous(durable);
            SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
            work();
            transaction.commit();
        });
    }

    static void run(SQLite::Statement& statement) {
        // A statement that failed would repeat its error at an ordinary reset.
        struct ResetAtEnd {
            SQLite::Statement& statement;
            ~ResetAtEnd() {
                (void)statement.tryReset();
                statement.clearBindings();
            }
        } reset{statement};
        statement.exec();
    }

    void insert(std::int64_t sequence, const Entry& entry) {
        insert_entry->bind(1, sequence);
        insert_entry->bind(2, entry.now_us);
        bind_blob(*insert_entry, 3, entry.body);
        run(*insert_entry);
    }

    void apply(const DocumentChange& change) {
        SQLite::Statement& statement = change.body ? *put_document : *delete_document;
        statement.bindNoCopy(1, change.folder);
        statement.bindNoCopy(2, change.key);
        if (change.body) bind_blob(statement, 3, *change.body);
        run(statement);
    }
};

Store::Store(const std::string& directory) {
    make_directory(directory);
    impl_ = std::make_unique<Impl>(directory);
}

Store::~Store() = default;

void Store::commit(const std::vector<Entry>& entries, const std::vector<DocumentChange>& documents, bool durable) {
    if (entries.empty() && documents.empty()) return;
    std::int64_t sequence = impl_->last_sequence;
    impl_->write("write", durable, [&] {
        for (const Entry& entry : entries) impl_->insert(++sequence, entry);
        for (const DocumentChange& change : documents) impl_->apply(change);
    });
    impl_->last_sequence = sequence;
    ++impl_->commits;
    if (durable) ++impl_->durable_commits;
    impl_->entries += entries.size();
    impl_->documents += documents.size();
}

const std::string& Store::warning() const {
    return impl_->warning;
}

std::int64_t Store::last_sequence() const {
    return impl_->last_sequence;
}

void Store::write_snapshot(std::int64_t now_us, std::string_view body) {
    // The entries it shortens stay until trim(), which comes later in the same log: no sync needed.
    impl_->write("write a snapshot", false, [&] {
        SQLite::Statement put(impl_->database, "INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?)");
        put.bind(1, impl_->last_sequence);
        put.bind(2, now_us);
        bind_blob(put, 3, body);
        put.exec();
    });
}

std::optional<StoredSnapshot> Store::latest_snapshot() const {
    std::optional<StoredSnapshot> found;
    impl_->guarded("read a snapshot", "nothing was changed", [&] {
        SQLite::Statement newest(impl_->database,
                                 "SELECT sequence, now_us, body FROM snapshots ORDER BY sequence DESC LIMIT 1");
        if (!newest.executeStep()) return;
        found = StoredSnapshot{newest.getColumn(0).getInt64(), newest.getColumn(1).getInt64(),
                               std::string(bytes_of(newest.getColumn(2)))};
    });
    return found;
}

void Store::replay(std::int64_t after_sequence, const std::function<void(const StoredEntry&)>& visit) const {
    std::int64_t visited = after_sequence;
    impl_->guarded("read the journal", "nothing was changed",
                   [&] { visited = visit_entries(impl_->database, after_sequence, visit); });
    if (visited < impl_->last_sequence) throw missing_entry(impl_->path, visited + 1, impl_->last_sequence);
}

void Store::trim(int keep) {
    if (keep < 1)
        throw StoreError(impl_->path + ": cannot trim: at least one snapshot must be kept; nothing was changed");
    impl_->write("trim the journal", false, [&] {
        SQLite::Statement snapshots(impl_->database,
                                    "DELETE FROM snapshots WHERE sequence NOT IN"
                                    " (SELECT sequence FROM snapshots ORDER BY sequence DESC LIMIT ?)");
        snapshots.bind(1, keep);
        snapshots.exec();
        // Fewer snapshots than `keep`: the journal's start is what stands behind them, should one be damaged.
        SQLite::Statement entries(impl_->database,
                                  "DELETE FROM entries WHERE sequence <= (SELECT min(sequence) FROM snapshots)"
                                  " AND (SELECT count(*) FROM snapshots) >= ?");
        entries.bind(1, keep);
        entries.exec();
    });
}

void Store::documents(std::string_view folder,
                      const std::function<void(std::string_view key, std::string_view body)>& visit) const {
    impl_->guarded("read documents", "nothing was changed", [&] { visit_documents(impl_->database, folder, visit); });
}

std::vector<std::string> Store::folders() const {
    std::vector<std::string> found;
    impl_->guarded("read documents", "nothing was changed", [&] { found = document_folders(impl_->database); });
    return found;
}

void Store::backup(const std::string& path) const {
    copy_database(impl_->path, path);
}

Store::Counters Store::counters() const {
    const Checkpointer& checkpointer = *impl_->checkpointer;
    return {impl_->commits,
            impl_->durable_commits,
            impl_->entries,
            impl_->documents,
            checkpointer.done(),
            checkpointer.failures(),
            static_cast<std::uint64_t>(checkpointer.log_pages())};
}

}  // namespace busbar::store
