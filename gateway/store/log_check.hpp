// The write-ahead log before SQLite recovers from it. SQLite takes the first frame that does not verify for the log's
// end: right for a commit that was being written when the power failed, and silent about a log that was damaged in its
// middle, where commits that were acknowledged come after. The two differ in what follows, and in whether the system
// went down at all since the log was written. (Format: sqlite.org/fileformat2.html, section 4.)
#pragma once

#include <cstdint>
#include <string>

namespace busbar::store {

struct LogState {
    std::uint64_t frames = 0;      // up to its last commit, whether all before that verify or not
    std::uint64_t good = 0;        // that verify, from its start
    std::uint64_t good_bytes = 0;  // up to the end of the last good one
    // A commit follows what does not verify. The frames of a transaction that never was committed may follow as well,
    // of one that was being written or taken back, and are no damage.
    bool broken() const { return good < frames; }
};

// `path`: of the log; one that is not there has no frames. Reads at most the length that the file has now.
LogState read_log(const std::string& path);
std::string words_of(const LogState& state);  // "frame 12 of 40 does not verify"

}  // namespace busbar::store
