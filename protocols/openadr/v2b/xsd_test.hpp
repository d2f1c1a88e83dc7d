// Where the tests find the standard's schemas and samples, and how they ask xmllint.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace busbar::openadr::v2b {

inline std::filesystem::path standards() {
    if (const char* set = std::getenv("BUSBAR_STANDARDS")) return set;
    const char* source = std::getenv("BUSBAR_SOURCE_DIR");
    return std::filesystem::path(source ? source : ".") / "../shared/standards";
}

inline std::string text_of(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

inline bool has_xmllint() {
    return std::system("xmllint --version >/dev/null 2>&1") == 0;
}

// What xmllint says of the documents against oadr_20b.xsd; "" = all are valid.
inline std::string schema_faults(const std::vector<std::string>& documents) {
    const auto folder = std::filesystem::temp_directory_path() / ("oadr2b_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    std::string files;
    for (std::size_t i = 0; i < documents.size(); ++i) {
        const std::filesystem::path file = folder / (std::to_string(i) + ".xml");
        std::ofstream(file, std::ios::binary) << documents[i];
        files += ' ' + file.string();
    }
    const std::string log = (folder / "log").string();
    const std::string schema = (standards() / "openadr2b/xsd/oadr_20b.xsd").string();
    const std::string command = "xmllint --nonet --noout --schema '" + schema + "'" + files + " >" + log + " 2>&1";
    const std::string faults = std::system(command.c_str()) == 0 ? "" : text_of(log);
    std::filesystem::remove_all(folder);
    return faults;
}

#define NEED_STANDARDS()                                                                           \
    if (!std::filesystem::exists(standards() / "openadr2b/samples-validation.csv")) {              \
        if (std::getenv("CI")) FAIL() << "no OpenADR 2.0b samples at " << standards();             \
        GTEST_SKIP() << "no OpenADR 2.0b samples at " << standards() << " (set BUSBAR_STANDARDS)"; \
    }

#define NEED_XMLLINT()                                                            \
    if (!has_xmllint()) {                                                         \
        GTEST_SKIP() << "xmllint is not installed, so nothing is checked by XSD"; \
    }

}  // namespace busbar::openadr::v2b
