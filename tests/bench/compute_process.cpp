// A program run to its end, and what it said.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>

#include "tests/bench/compute.hpp"

extern char** environ;

namespace busbar::bench {

std::string output_of(const std::vector<std::string>& words) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    std::vector<char*> arguments;
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_t child = -1;
    const int failure = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    std::string output;
    std::array<char, 4096> part{};
    for (ssize_t size = 0; failure == 0 && (size = ::read(ends[0], part.data(), part.size())) != 0;) {
        if (size < 0 && errno != EINTR) break;
        if (size > 0) output.append(part.data(), static_cast<std::size_t>(size));
    }
    ::close(ends[0]);
    int status = -1;
    if (failure == 0) ::waitpid(child, &status, 0);
    if (status != 0) {
        const std::string end = output.substr(output.size() > 2000 ? output.size() - 2000 : 0);
        throw std::runtime_error(words.front() + (failure != 0 ? " could not be started" : " failed: " + end));
    }
    return output;
}

}  // namespace busbar::bench
