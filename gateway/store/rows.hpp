// The rows of a store as values: what Store and Reader have in common. All throw SQLite::Exception.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/store/store.hpp"

namespace busbar::store {

std::string_view bytes_of(const SQLite::Column& column);

std::int64_t last_sequence_of(const SQLite::Database& database);
// Visits entries for as long as none is missing; the sequence of the last one visited.
std::int64_t visit_entries(const SQLite::Database& database, std::int64_t after_sequence,
                           const std::function<void(const StoredEntry&)>& visit);
void visit_documents(const SQLite::Database& database, std::string_view folder,
                     const std::function<void(std::string_view key, std::string_view body)>& visit);
std::vector<std::string> document_folders(const SQLite::Database& database);
// What is said of a journal whose entries end before `last`.
StoreError missing_entry(const std::string& path, std::int64_t sequence, std::int64_t last);

}  // namespace busbar::store
