// `codec_probe json|xml read|write records|floor MESSAGE COUNT`: does one thing COUNT times, so that the difference of
// two counts is what it costs. Before that it makes sure that both ways read and write the same. Run under callgrind.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "protocols/wire/json.hpp"
#include "protocols/wire/xml.hpp"
#include "tests/bench/codec_messages.hpp"

namespace {

using namespace busbar;

struct Json {
    template <class T>
    static bool read(const std::string& text, T& out) {
        return !wire::from_json(text, out);
    }
    template <class T>
    static std::string write(const T& value) {
        return wire::to_json(value);
    }
};

struct Xml {
    template <class T>
    static bool read(const std::string& text, T& out) {
        return !wire::from_xml(text, out);
    }
    template <class T>
    static std::string write(const T& value) {
        constexpr bool is_event = std::is_same_v<T, openadr::v2b::OadrDistributeEvent>;
        return wire::to_xml(value, is_event ? "oadrDistributeEvent" : "");
    }
};

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "codec_probe: %s\n", what);
    std::exit(1);
}

template <class Codec, class T>
std::size_t repeat(const T& message, bool read, bool records, int count) {
    const std::string text = Codec::write(message), floor_text = bench::floor::write(message);
    std::string where;
    T one, other, third;
    if (!Codec::read(text, one) || Codec::write(one) != text) fail("our own writing is not what we read");
    if (!bench::floor::read(text, other, where) || Codec::write(other) != text) fail("the floor reads something else");
    if (!Codec::read(floor_text, third) || Codec::write(third) != text) fail("the floor writes something else");
    std::size_t seen = 0;
    for (int i = 0; i < count; ++i) {
        if (!read) {
            seen += records ? Codec::write(message).size() : bench::floor::write(message).size();
            continue;
        }
        T value;
        const bool good = records ? Codec::read(text, value) : bench::floor::read(text, value, where);
        seen += good ? 1 : 0;
    }
    return seen;
}

}  // namespace

int main(int count, char** words) {
    if (count != 6) fail("json|xml read|write records|floor MESSAGE COUNT");
    const bool read = std::strcmp(words[2], "read") == 0, records = std::strcmp(words[3], "records") == 0;
    const int times = std::atoi(words[5]);
    const std::string which = std::string(words[1]) + words[4];
    std::size_t seen = 0;
    if (which == "json0") {
        seen = repeat<Json>(bench::meter_values(), read, records, times);
    } else if (which == "json1") {
        seen = repeat<Json>(bench::set_charging_profile(), read, records, times);
    } else if (which == "json2") {
        seen = repeat<Json>(bench::openadr3_event(), read, records, times);
    } else if (which == "xml0") {
        seen = repeat<Xml>(bench::control_list(), read, records, times);
    } else if (which == "xml1") {
        seen = repeat<Xml>(bench::distribute_event(), read, records, times);
    } else {
        fail("no such message");
    }
    std::printf("%zu\n", seen);
    return seen > 0 || times == 0 ? 0 : 1;
}
