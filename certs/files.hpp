// Files of an authority: whole or not there, keys for the owner's eyes only.
#pragma once

#include <string>
#include <string_view>

namespace busbar::certs {

enum class Secrecy { owner_only, readable };  // modes 0600 and 0644

// Writes beside `path` and renames: a reader sees the old file or the new one. Throws std::runtime_error.
void replace_file(const std::string& path, std::string_view bytes, Secrecy secrecy);
// With its parents, mode 0700 for each that is made. Throws std::runtime_error.
void make_private_directory(const std::string& path);

}  // namespace busbar::certs
