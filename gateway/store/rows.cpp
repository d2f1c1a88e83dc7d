#include "gateway/store/rows.hpp"

namespace busbar::store {

namespace {

// SQLite keeps the text of a column beside its bytes; asking for text first makes the count that of the text.
std::string_view text_of(const SQLite::Column& column) {
    const char* text = column.getText();
    return {text, static_cast<std::size_t>(column.getBytes())};
}

// A store of schema 1 has no documents.
bool has_documents(const SQLite::Database& database) {
    return database.tableExists("documents");
}

}  // namespace

std::string_view bytes_of(const SQLite::Column& column) {
    return {static_cast<const char*>(column.getBlob()), static_cast<std::size_t>(column.getBytes())};
}

std::int64_t last_sequence_of(const SQLite::Database& database) {
    SQLite::Statement last(database,
                           "SELECT max(ifnull((SELECT max(sequence) FROM entries), 0),"
                           "           ifnull((SELECT max(sequence) FROM snapshots), 0))");
    last.executeStep();
    return last.getColumn(0).getInt64();
}

std::int64_t visit_entries(const SQLite::Database& database, std::int64_t after_sequence,
                           const std::function<void(const StoredEntry&)>& visit) {
    std::int64_t visited = after_sequence;
    SQLite::Statement rows(database, "SELECT sequence, now_us, body FROM entries WHERE sequence > ? ORDER BY sequence");
    rows.bind(1, after_sequence);
    while (rows.executeStep()) {
        const StoredEntry entry{rows.getColumn(0).getInt64(), rows.getColumn(1).getInt64(),
                                std::string(bytes_of(rows.getColumn(2)))};
        if (entry.sequence != visited + 1) break;
        visited = entry.sequence;
        visit(entry);
    }
    return visited;
}

void visit_documents(const SQLite::Database& database, std::string_view folder,
                     const std::function<void(std::string_view key, std::string_view body)>& visit) {
    if (!has_documents(database)) return;
    SQLite::Statement rows(database, "SELECT key, body FROM documents WHERE folder = ? ORDER BY key");
    rows.bind(1, std::string(folder));
    while (rows.executeStep()) visit(text_of(rows.getColumn(0)), bytes_of(rows.getColumn(1)));
}

std::vector<std::string> document_folders(const SQLite::Database& database) {
    std::vector<std::string> found;
    if (!has_documents(database)) return found;
    SQLite::Statement rows(database, "SELECT DISTINCT folder FROM documents ORDER BY folder");
    while (rows.executeStep()) found.emplace_back(text_of(rows.getColumn(0)));
    return found;
}

StoreError missing_entry(const std::string& path, std::int64_t sequence, std::int64_t last) {
    return StoreError(path + ": the journal has no entry " + std::to_string(sequence) + ", its last is " +
                      std::to_string(last) + "; it was trimmed, or damaged: restore it from a backup");
}

}  // namespace busbar::store
