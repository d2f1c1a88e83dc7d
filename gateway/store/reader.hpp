// A store, or a backup of one, as it lies there: looked at and left as it is. For the commands that check and restore;
// the gateway itself works on a Store.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/store/store.hpp"

namespace busbar::store {

class Reader {
  public:
    // `path`: a store's directory, which no gateway may work on meanwhile, or a backup's file. Throws StoreError: not
    // there, in use, not busbar's, from a newer busbar, damaged.
    explicit Reader(const std::string& path);
    ~Reader();

    const std::string& file() const;
    int schema() const;
    std::int64_t first_sequence() const;  // of the journal's oldest entry; last_sequence() + 1 if there is none
    std::int64_t last_sequence() const;   // of the newest entry or snapshot; 0: an empty store

    void snapshots(const std::function<void(const StoredSnapshot&)>& visit) const;  // oldest first
    // Throws StoreError if an entry between the first and the last is missing.
    void replay(std::int64_t after_sequence, const std::function<void(const StoredEntry&)>& visit) const;
    void documents(std::string_view folder,
                   const std::function<void(std::string_view key, std::string_view body)>& visit) const;  // by key
    std::vector<std::string> folders() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace busbar::store
