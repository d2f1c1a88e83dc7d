// The directory of a store: made for the owner only, and in one process's hands at a time.
#pragma once

#include <string>

namespace busbar::store {

// Makes `directory` and its parents, those that are missing with mode 0700, durably. Throws StoreError.
void make_directory(const std::string& directory);
// Makes an empty file with mode 0600 if there is none; SQLite gives its companions the same mode. Throws StoreError.
void make_private_file(const std::string& path);
// What was written to it is on the disk. Throws StoreError.
void sync_file(const std::string& path);
// Makes a new name in the file's directory durable. Throws StoreError.
void sync_directory_of(const std::string& file);

// Holds `directory`/busbar.lock, which the system lets go of however the process ends. Throws StoreError if another has
// it.
class DirectoryLock {
  public:
    explicit DirectoryLock(const std::string& directory);
    ~DirectoryLock();
    DirectoryLock(const DirectoryLock&) = delete;
    DirectoryLock& operator=(const DirectoryLock&) = delete;

    // The last store that was open here was so since the system was started: what it wrote no power failure has taken.
    bool same_start() const { return same_start_; }
    // A store is open here, and whole.
    void note_start();

  private:
    int file_ = -1;
    bool same_start_ = false;
};

}  // namespace busbar::store
