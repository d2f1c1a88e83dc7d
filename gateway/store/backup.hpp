// Copies of a store: made while a gateway works on it, and put in the place of one.
#pragma once

#include <cstdint>
#include <string>

namespace busbar::store {

// A copy of everything that was committed to the database `file` when this began: one moment of it, one file with mode
// 0600, checked and on the disk when this returns. The writer goes on meanwhile, in this process or another. `to` must
// not exist yet. Gives the sequence of its last entry. Throws StoreError; then there is no copy.
std::int64_t copy_database(const std::string& file, const std::string& to);

// The same of the store in `directory`. Throws StoreError.
std::int64_t backup(const std::string& directory, const std::string& to);

// Makes the backup `from` the store in `directory`, which is made if it is missing, and may hold neither a store nor
// the remains of one. Throws StoreError; then there is no store in it.
void restore(const std::string& from, const std::string& directory);

}  // namespace busbar::store
