// Whether a store that nobody works on is what it should be: whole pages, no entry missing, and a state that is the
// same by replay from the journal's start as by each snapshot.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "gateway/store/reader.hpp"

namespace busbar::app {

struct StoreReport {
    int schema = 0;
    std::int64_t first = 0, last = 0;  // entries of the journal; first > last: none
    std::int64_t replayed_from = 0;    // 0: from the start; else from the snapshot of this entry
    std::size_t snapshots = 0;
    std::size_t documents = 0;
    std::string state;                     // hash of the state after the last entry, as /health shows it
    std::vector<std::string> findings;     // why it cannot be used, a line each
    std::vector<std::string> differences;  // snapshots that the replay does not come to, a line each: damage, or the
                                           // work of a busbar whose core decided otherwise
};

// `visit` hears the state's hash after each entry (it costs a pass over the state each); none if empty.
StoreReport check_store(const store::Reader& reader,
                        const std::function<void(std::int64_t sequence, const std::string& hash)>& visit = {});

}  // namespace busbar::app
