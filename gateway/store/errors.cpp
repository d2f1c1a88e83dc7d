#include "gateway/store/errors.hpp"

#include <sqlite3.h>

#include <cstring>

namespace busbar::store {

void fail(const std::string& path, std::string_view operation, const SQLite::Exception& error, int system_errno,
          std::string_view consequence) {
    std::string text = path + ": cannot " + std::string(operation) + ": ";
    switch (error.getErrorCode()) {
        case SQLITE_FULL:
            text += "no space left on the disk; " + std::string(consequence);
            break;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            text += std::string("the file is damaged (") + error.what() +
                    "); restore it from a backup, or move it away to begin with an empty one";
            break;
        case SQLITE_IOERR:
            text += error.what();
            if (system_errno != 0) text += std::string(" (") + std::strerror(system_errno) + ')';
            text += "; check the disk and start again: what was acknowledged is kept";
            break;
        default:
            text += std::string(error.what()) + "; " + std::string(consequence);
            break;
    }
    throw StoreError(text);
}

int last_errno(sqlite3* database) {
    for (const int which : {SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER}) {
        sqlite3_file* file = nullptr;
        int reason = 0;
        if (sqlite3_file_control(database, "main", which, &file) != SQLITE_OK || file == nullptr) continue;
        if (file->pMethods == nullptr) continue;
        if (file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &reason) == SQLITE_OK && reason != 0)
            return reason;
    }
    return sqlite3_system_errno(database);
}

bool is_final(const SQLite::Exception& error) {
    const int code = error.getErrorCode();
    return code == SQLITE_IOERR || code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

}  // namespace busbar::store
