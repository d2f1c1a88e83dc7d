#include "gateway/store/reader.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/stat.h>

#include <optional>

#include "gateway/store/directory.hpp"
#include "gateway/store/errors.hpp"
#include "gateway/store/log_check.hpp"
#include "gateway/store/rows.hpp"
#include "gateway/store/schema.hpp"

namespace busbar::store {

namespace {

constexpr int busy_ms = 5'000;

struct Place {
    std::string file;
    std::string directory;  // "": a backup's file, which nobody works on
};

Place place_of(const std::string& path) {
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0)
        throw StoreError(path + ": is not there; expected a store's directory or a backup's file");
    if (!S_ISDIR(facts.st_mode)) return {path, ""};
    const std::string file = path + "/busbar.db";
    if (::stat(file.c_str(), &facts) != 0) throw StoreError(path + ": holds no store (no busbar.db in it)");
    return {file, path};
}

}  // namespace

struct Reader::Impl {
    Place place;
    std::optional<DirectoryLock> lock;
    std::optional<SQLite::Database> database;

    explicit Impl(const std::string& path) : place(place_of(path)) {
        if (!place.directory.empty()) lock.emplace(place.directory);
        const std::string log = place.file + "-wal";
        if (const LogState state = read_log(log); state.broken())
            throw StoreError(log + ": " + words_of(state) + "; what follows it cannot be used; nothing was changed");
        guarded("open it", [&] {
            database.emplace(place.file, SQLite::OPEN_READONLY, busy_ms);
            check(*database, place.file);
        });
        if (schema() == 0) throw StoreError(place.file + ": is empty; expected a store");
    }

    template <class Work>
    void guarded(std::string_view operation, const Work& work) const {
        try {
            work();
        } catch (const SQLite::Exception& error) {
            fail(place.file, operation, error, database ? last_errno(database->getHandle()) : 0, "nothing was changed");
        }
    }

    int schema() const {
        int version = 0;
        guarded("read it", [&] {
            SQLite::Statement statement(*database, "PRAGMA user_version");
            statement.executeStep();
            version = statement.getColumn(0).getInt();
        });
        return version;
    }
};

Reader::Reader(const std::string& path) : impl_(std::make_unique<Impl>(path)) {}

Reader::~Reader() = default;

const std::string& Reader::file() const {
    return impl_->place.file;
}

int Reader::schema() const {
    return impl_->schema();
}

std::int64_t Reader::first_sequence() const {
    std::int64_t first = 0;
    impl_->guarded("read the journal", [&] {
        SQLite::Statement lowest(*impl_->database, "SELECT min(sequence) FROM entries");
        lowest.executeStep();
        const SQLite::Column column = lowest.getColumn(0);
        first = column.isNull() ? last_sequence_of(*impl_->database) + 1 : column.getInt64();
    });
    return first;
}

std::int64_t Reader::last_sequence() const {
    std::int64_t last = 0;
    impl_->guarded("read the journal", [&] { last = last_sequence_of(*impl_->database); });
    return last;
}

void Reader::snapshots(const std::function<void(const StoredSnapshot&)>& visit) const {
    impl_->guarded("read the snapshots", [&] {
        SQLite::Statement rows(*impl_->database, "SELECT sequence, now_us, body FROM snapshots ORDER BY sequence");
        while (rows.executeStep()) {
            visit(
                {rows.getColumn(0).getInt64(), rows.getColumn(1).getInt64(), std::string(bytes_of(rows.getColumn(2)))});
        }
    });
}

void Reader::replay(std::int64_t after_sequence, const std::function<void(const StoredEntry&)>& visit) const {
    std::int64_t visited = after_sequence;
    impl_->guarded("read the journal", [&] { visited = visit_entries(*impl_->database, after_sequence, visit); });
    if (visited < last_sequence()) throw missing_entry(impl_->place.file, visited + 1, last_sequence());
}

void Reader::documents(std::string_view folder,
                       const std::function<void(std::string_view key, std::string_view body)>& visit) const {
    impl_->guarded("read documents", [&] { visit_documents(*impl_->database, folder, visit); });
}

std::vector<std::string> Reader::folders() const {
    std::vector<std::string> found;
    impl_->guarded("read documents", [&] { found = document_folders(*impl_->database); });
    return found;
}

}  // namespace busbar::store
