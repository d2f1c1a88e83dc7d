// A disk for the tests: an SQLite VFS over the ordinary one that counts writes and syncs, fails the Nth of them, and
// remembers what each file held when it was last synced, which is what a power failure leaves at the least.
#pragma once

#include <sqlite3.h>

#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <string>

namespace busbar::store::testing {

class FaultyDisk {
  public:
    // While it lives, every database is opened through it.
    FaultyDisk() {
        real_ = sqlite3_vfs_find(nullptr);
        vfs_ = *real_;
        vfs_.zName = "faulty";
        vfs_.pAppData = this;
        vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
        vfs_.xOpen = open;
        vfs_.xDelete = remove;
        sqlite3_vfs_register(&vfs_, 1);
    }
    ~FaultyDisk() {
        sqlite3_vfs_unregister(&vfs_);
        sqlite3_vfs_register(real_, 1);
    }
    FaultyDisk(const FaultyDisk&) = delete;
    FaultyDisk& operator=(const FaultyDisk&) = delete;

    // The `nth` operation from now that changes or syncs a file gives `code`: SQLITE_FULL for writes, SQLITE_IOERR_…
    // for any.
    void fail(int nth, int code) {
        countdown_ = nth;
        code_ = code;
    }
    void heal() { countdown_ = 0; }
    bool struck() const { return struck_; }
    void forget() {
        struck_ = false;
        syncs_ = 0;
        writes_ = 0;
    }
    int syncs() const { return syncs_; }
    int writes() const { return writes_; }

    // Puts what was synced of the files of `from` into `to`.
    void restore_synced(const std::string& from, const std::string& to) {
        const std::lock_guard lock(mutex_);
        for (const auto& [path, bytes] : synced_) {
            if (!path.starts_with(from + "/")) continue;
            std::ofstream(to + path.substr(from.size()), std::ios::binary) << bytes;
        }
    }

  private:
    struct File {
        sqlite3_file base;
        FaultyDisk* disk;
        const char* path;  // SQLite keeps it as long as the file
        sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
    };
    static File* file_of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
    static sqlite3_file* real_of(sqlite3_file* file) { return file_of(file)->real(); }

    int strike() {
        if (countdown_ == 0 || --countdown_ != 0) return SQLITE_OK;
        struck_ = true;
        return code_;
    }
    // Read through SQLite's own file: closing a second descriptor would drop the process's locks on it.
    void remember(File* file) {
        if (file->path == nullptr) return;
        sqlite3_int64 size = 0;
        file->real()->pMethods->xFileSize(file->real(), &size);
        std::string bytes(static_cast<std::size_t>(size), '\0');
        file->real()->pMethods->xRead(file->real(), bytes.data(), static_cast<int>(size), 0);
        const std::lock_guard lock(mutex_);
        synced_[file->path] = std::move(bytes);
    }
    // SQLite syncs the directory when it makes the next file, before anything in that file counts.
    static int remove(sqlite3_vfs* vfs, const char* path, int sync_directory) {
        auto* disk = static_cast<FaultyDisk*>(vfs->pAppData);
        {
            const std::lock_guard lock(disk->mutex_);
            disk->synced_.erase(path);
        }
        return disk->real_->xDelete(disk->real_, path, sync_directory);
    }

    static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* opened, int flags, int* out_flags) {
        auto* disk = static_cast<FaultyDisk*>(vfs->pAppData);
        File* file = file_of(opened);
        file->base.pMethods = nullptr;
        file->disk = disk;
        file->path = path;
        const int result = disk->real_->xOpen(disk->real_, path, file->real(), flags, out_flags);
        if (result == SQLITE_OK) file->base.pMethods = &methods();
        return result;
    }
    static int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
        FaultyDisk* disk = file_of(file)->disk;
        ++disk->writes_;
        const int code = disk->strike();
        return code != SQLITE_OK ? code : real_of(file)->pMethods->xWrite(real_of(file), bytes, count, at);
    }
    static int sync(sqlite3_file* file, int flags) {
        FaultyDisk* disk = file_of(file)->disk;
        ++disk->syncs_;
        const int code = disk->strike();
        if (code != SQLITE_OK) return code == SQLITE_FULL ? SQLITE_IOERR_FSYNC : code;
        const int result = real_of(file)->pMethods->xSync(real_of(file), flags);
        if (result == SQLITE_OK) disk->remember(file_of(file));
        return result;
    }

    static const sqlite3_io_methods& methods() {
        static const sqlite3_io_methods table = {
            3,
            [](sqlite3_file* f) { return real_of(f)->pMethods->xClose(real_of(f)); },
            [](sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
                return real_of(f)->pMethods->xRead(real_of(f), to, n, at);
            },
            write,
            [](sqlite3_file* f, sqlite3_int64 size) { return real_of(f)->pMethods->xTruncate(real_of(f), size); },
            sync,
            [](sqlite3_file* f, sqlite3_int64* size) { return real_of(f)->pMethods->xFileSize(real_of(f), size); },
            [](sqlite3_file* f, int level) { return real_of(f)->pMethods->xLock(real_of(f), level); },
            [](sqlite3_file* f, int level) { return real_of(f)->pMethods->xUnlock(real_of(f), level); },
            [](sqlite3_file* f, int* out) { return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out); },
            [](sqlite3_file* f, int op, void* arg) { return real_of(f)->pMethods->xFileControl(real_of(f), op, arg); },
            [](sqlite3_file* f) { return real_of(f)->pMethods->xSectorSize(real_of(f)); },
            [](sqlite3_file* f) { return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f)); },
            [](sqlite3_file* f, int region, int size, int extend, void volatile** out) {
                return real_of(f)->pMethods->xShmMap(real_of(f), region, size, extend, out);
            },
            [](sqlite3_file* f, int offset, int n, int flags) {
                return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
            },
            [](sqlite3_file* f) { real_of(f)->pMethods->xShmBarrier(real_of(f)); },
            [](sqlite3_file* f, int remove) { return real_of(f)->pMethods->xShmUnmap(real_of(f), remove); },
            [](sqlite3_file* f, sqlite3_int64 at, int n, void** out) {
                return real_of(f)->pMethods->xFetch(real_of(f), at, n, out);
            },
            [](sqlite3_file* f, sqlite3_int64 at, void* page) {
                return real_of(f)->pMethods->xUnfetch(real_of(f), at, page);
            },
        };
        return table;
    }

    sqlite3_vfs* real_ = nullptr;
    sqlite3_vfs vfs_{};
    int countdown_ = 0;
    int code_ = SQLITE_OK;
    bool struck_ = false;
    int syncs_ = 0;
    int writes_ = 0;
    std::mutex mutex_;
    std::map<std::string, std::string> synced_;
};

}  // namespace busbar::store::testing
