// SQLite's errors as StoreError: path, what was being done, SQLite's words, what happens now.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <string_view>

#include "gateway/store/store.hpp"

struct sqlite3;

namespace busbar::store {

// `consequence` is for errors that say nothing about the file itself, such as a full disk.
[[noreturn]] void fail(const std::string& path, std::string_view operation, const SQLite::Exception& error,
                       int system_errno, std::string_view consequence);

// The system's own reason for the last error on the log or the database file; 0 if there is none.
int last_errno(sqlite3* database);

// Whether after this error nobody knows what the disk holds, so that going on could acknowledge what is lost. After a
// failed fsync the kernel may drop the pages and report success the next time.
bool is_final(const SQLite::Exception& error);

}  // namespace busbar::store
