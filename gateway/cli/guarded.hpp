// A command that fails says so in one line, not in a trace.
#pragma once

#include <exception>
#include <iostream>

namespace busbar::cli {

template <class Work>
int guarded(const Work& work) {
    try {
        return work();
    } catch (const std::exception& error) {
        std::cerr << "busbar: " << error.what() << '\n';
        return 1;
    }
}

}  // namespace busbar::cli
