// See http_client.hpp. Certificates are given to libcurl as files, not as a ready context: its pool of connections
// tells two clients apart by them, so a request never travels under another's certificate.
#include "gateway/net/http_client.hpp"

#include <curl/curl.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <stdexcept>
#include <unordered_map>
#include <vector>

#include "gateway/net/http_codec.hpp"
#include "gateway/net/hub.hpp"

namespace busbar::net {

namespace {

constexpr std::size_t requests_at_most = 20'000;
constexpr std::size_t response_header_bytes = 64 * 1024;
constexpr std::int64_t connect_at_most_ms = 15'000;
constexpr long idle_connections = 2'048;
constexpr std::size_t handles_kept = 64;

struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, FreeEasy>;

// libcurl's global state, set up before the first thread needs it.
void curl_ready() {
    static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (done != CURLE_OK) throw std::runtime_error(std::string("libcurl: ") + curl_easy_strerror(done));
}

bool one_line(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

// What libcurl is given pointers to, for as long as the request is under way.
struct Transfer {
    RequestId id = 0;
    ClientRequest request;
    Easy easy;
    curl_slist* headers = nullptr;
    std::array<char, CURL_ERROR_SIZE> error{};
    http::Response response;
    std::size_t header_bytes = 0;
    std::string refusal;  // ours, when we broke the transfer off

    ~Transfer() { curl_slist_free_all(headers); }
};

std::size_t on_body(char* data, std::size_t, std::size_t size, void* to) {
    auto& transfer = *static_cast<Transfer*>(to);
    if (transfer.response.body.size() + size > transfer.request.response_bytes) {
        transfer.refusal = "the answer is longer than " + std::to_string(transfer.request.response_bytes) + " bytes";
        return 0;
    }
    transfer.response.body.append(data, size);
    return size;
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* to) {
    auto& transfer = *static_cast<Transfer*>(to);
    std::string_view line(data, size);
    transfer.header_bytes += size;
    if (transfer.header_bytes > response_header_bytes) {
        transfer.refusal = "the answer's header is longer than " + std::to_string(response_header_bytes) + " bytes";
        return 0;
    }
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n' || line.back() == ' ')) line.remove_suffix(1);
    const std::size_t colon = line.find(':');
    if (line.starts_with("HTTP/")) {
        transfer.response.headers.clear();  // an earlier status line was a 1xx
    } else if (colon != std::string_view::npos) {
        std::string_view value = line.substr(colon + 1);
        value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
        transfer.response.headers.emplace_back(line.substr(0, colon), value);
    }
    return size;
}

// nullptr if all is well, otherwise what is wrong with the request.
const char* set_headers(Transfer& transfer) {
    bool has_type = false;
    const auto append = [&transfer](const std::string& line) {
        if (curl_slist* longer = curl_slist_append(transfer.headers, line.c_str())) transfer.headers = longer;
    };
    for (const auto& [name, value] : transfer.request.request.headers) {
        if (!one_line(name) || !one_line(value)) return "a header has a line break in it";
        has_type = has_type || equal_ignoring_case(name, "Content-Type");
        append(value.empty() ? name + ';' : name + ": " + value);
    }
    append("Expect:");  // libcurl would wait for a 100 Continue that many servers of the field never send
    if (!has_type) append("Content-Type:");
    curl_easy_setopt(transfer.easy.get(), CURLOPT_HTTPHEADER, transfer.headers);
    return nullptr;
}

void set_method(Transfer& transfer) {
    CURL* easy = transfer.easy.get();
    const http::Request& request = transfer.request.request;
    if (request.method == "HEAD") {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return;
    }
    if (!request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH") {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

// nullptr if all is well, otherwise what is wrong with the request.
const char* set_tls(Transfer& transfer) {
    CURL* easy = transfer.easy.get();
    const ClientTls& tls = transfer.request.tls;
    const certs::ClientTerms terms = certs::client_terms(tls.profile);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(
        easy, CURLOPT_SSLVERSION,
        static_cast<long>(CURL_SSLVERSION_TLSv1_2) |
            static_cast<long>(terms.tls12_only ? CURL_SSLVERSION_MAX_TLSv1_2 : CURL_SSLVERSION_MAX_DEFAULT));
    if (!terms.cipher_list.empty()) curl_easy_setopt(easy, CURLOPT_SSL_CIPHER_LIST, terms.cipher_list.c_str());
    if (!tls.files.ca.empty()) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, tls.files.ca.c_str());
        curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);  // else the system's authorities were trusted beside ours
    }
    if (!tls.files.chains.empty()) curl_easy_setopt(easy, CURLOPT_SSLCERT, tls.files.chains.front().c_str());
    if (!tls.files.keys.empty()) curl_easy_setopt(easy, CURLOPT_SSLKEY, tls.files.keys.front().c_str());
    const bool secure = transfer.request.base_url.starts_with("https");
    if (secure && tls.files.ca.empty() && tls.profile != certs::TlsProfile::internet) {
        return "no certificate authority is given, and this profile does not trust the system's";
    }
    return nullptr;
}

const char* set_up(Transfer& transfer) {
    CURL* easy = transfer.easy.get();
    const std::string url = transfer.request.base_url + transfer.request.request.target;
    const std::int64_t timeout_ms = std::max<std::int64_t>(1, transfer.request.timeout_us / 1000);
    if (!one_line(transfer.request.request.method) || transfer.request.request.method.empty())
        return "it has no method";
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");  // none that only the environment knows of
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_ms));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::min(timeout_ms, connect_at_most_ms)));
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error.data());
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
    set_method(transfer);
    if (const char* wrong = set_tls(transfer)) return wrong;
    return set_headers(transfer);
}

// libcurl's own words, put behind what the operator wants to know first.
std::string failure_words(const Transfer& transfer, CURLcode code) {
    if (!transfer.refusal.empty()) return transfer.refusal;
    const std::string words = transfer.error[0] != '\0' ? transfer.error.data() : curl_easy_strerror(code);
    const std::string& server = transfer.request.base_url;
    long os_error = 0;
    curl_easy_getinfo(transfer.easy.get(), CURLINFO_OS_ERRNO, &os_error);
    switch (code) {
        case CURLE_COULDNT_CONNECT:
            return "no connection to " + server + ": " +
                   (os_error != 0 ? std::strerror(static_cast<int>(os_error)) : words);
        case CURLE_PEER_FAILED_VERIFICATION:
            return "certificate of " + server + " does not verify: " + words;
        case CURLE_OPERATION_TIMEDOUT:
            return "no answer from " + server + " in time: " + words;
        case CURLE_SSL_CONNECT_ERROR:
            return "TLS handshake with " + server + " failed: " + words;
        default:
            return server + ": " + words;
    }
}

}  // namespace

struct HttpClient::Core {
    explicit Core(std::function<void(Event)> out);
    ~Core();

    void act(curl_socket_t socket, int events);
    void collect();
    void fail_later(RequestId id, std::string reason);

    static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void* known);
    static int on_timer(CURLM*, long timeout_ms, void* self);

    std::function<void(Event)> deliver;
    OwnedFd epoll;
    OwnedFd timer;
    Alarm alarm;  // `failed` is not empty
    CURLM* multi;
    std::unordered_map<CURL*, std::unique_ptr<Transfer>> transfers;
    std::vector<Easy> spare;  // handles keep their buffers
    std::deque<RequestFailed> failed;
};

HttpClient::Core::Core(std::function<void(Event)> out)
    : deliver(std::move(out)),
      epoll(::epoll_create1(EPOLL_CLOEXEC)),
      timer(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
    curl_ready();
    multi = curl_multi_init();
    if (epoll.get() < 0 || timer.get() < 0 || multi == nullptr) {
        throw std::runtime_error(std::string("the HTTP client cannot start: ") + std::strerror(errno));
    }
    for (const int fd : {timer.get(), alarm.fd()}) {
        epoll_event event{EPOLLIN, {.fd = fd}};
        ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event);
    }
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, idle_connections);
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
}

HttpClient::Core::~Core() {
    for (auto& [easy, transfer] : transfers) curl_multi_remove_handle(multi, easy);
    transfers.clear();
    curl_multi_cleanup(multi);
}

int HttpClient::Core::on_socket(CURL*, curl_socket_t socket, int what, void* data, void* known) {
    auto& self = *static_cast<Core*>(data);
    if (what == CURL_POLL_REMOVE) {
        ::epoll_ctl(self.epoll.get(), EPOLL_CTL_DEL, socket, nullptr);
        return 0;
    }
    epoll_event event{0, {.fd = socket}};
    if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
    if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
    if (known == nullptr) curl_multi_assign(self.multi, socket, data);
    if (::epoll_ctl(self.epoll.get(), known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event) != 0) {
        ::epoll_ctl(self.epoll.get(), errno == EEXIST ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
    }
    return 0;
}

int HttpClient::Core::on_timer(CURLM*, long timeout_ms, void* data) {
    const std::int64_t ns = timeout_ms < 0 ? 0 : std::max<std::int64_t>(1, timeout_ms * std::int64_t{1'000'000});
    itimerspec time{};
    time.it_value.tv_sec = ns / 1'000'000'000;
    time.it_value.tv_nsec = ns % 1'000'000'000;
    ::timerfd_settime(static_cast<Core*>(data)->timer.get(), 0, &time, nullptr);
    return 0;
}

void HttpClient::Core::act(curl_socket_t socket, int events) {
    int running = 0;
    curl_multi_socket_action(multi, socket, events, &running);
}

void HttpClient::Core::collect() {
    for (; !failed.empty(); failed.pop_front()) deliver(std::move(failed.front()));
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const CURLcode code = message->data.result;
        const auto found = transfers.find(message->easy_handle);
        const std::unique_ptr<Transfer> transfer = std::move(found->second);
        transfers.erase(found);
        if (code == CURLE_OK) {
            long status = 0;
            curl_easy_getinfo(transfer->easy.get(), CURLINFO_RESPONSE_CODE, &status);
            transfer->response.status = static_cast<int>(status);
            deliver(ResponseArrived{transfer->id, std::move(transfer->response)});
        } else {
            deliver(RequestFailed{transfer->id, failure_words(*transfer, code)});
        }
        curl_multi_remove_handle(multi, transfer->easy.get());
        if (spare.size() < handles_kept) {
            curl_easy_reset(transfer->easy.get());
            spare.push_back(std::move(transfer->easy));
        }
    }
}

void HttpClient::Core::fail_later(RequestId id, std::string reason) {
    failed.push_back({id, std::move(reason)});
    alarm.raise();
}

HttpClient::HttpClient(std::function<void(Event)> deliver) : core_(std::make_unique<Core>(std::move(deliver))) {}
HttpClient::~HttpClient() = default;
int HttpClient::fd() const {
    return core_->epoll.get();
}
std::size_t HttpClient::running() const {
    return core_->transfers.size() + core_->failed.size();
}

void HttpClient::start(RequestId id, ClientRequest request) {
    if (core_->transfers.size() >= requests_at_most) {
        return core_->fail_later(id, std::to_string(requests_at_most) + " requests are under way already");
    }
    auto transfer = std::make_unique<Transfer>();
    transfer->id = id;
    transfer->request = std::move(request);
    if (core_->spare.empty()) {
        transfer->easy.reset(curl_easy_init());
    } else {
        transfer->easy = std::move(core_->spare.back());
        core_->spare.pop_back();
    }
    if (const char* wrong = set_up(*transfer))
        return core_->fail_later(id, std::string("the request cannot be sent: ") + wrong);
    CURL* easy = transfer->easy.get();
    core_->transfers[easy] = std::move(transfer);
    const CURLMcode added = curl_multi_add_handle(core_->multi, easy);
    if (added != CURLM_OK) {
        core_->transfers.erase(easy);
        core_->fail_later(id, std::string("the request cannot be sent: ") + curl_multi_strerror(added));
    }
}

void HttpClient::run() {
    std::array<epoll_event, 64> events;
    const int count = ::epoll_wait(core_->epoll.get(), events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) {
        if (events[i].data.fd == core_->timer.get()) {
            std::uint64_t expired = 0;
            [[maybe_unused]] const ssize_t bytes = ::read(core_->timer.get(), &expired, sizeof expired);
            core_->act(CURL_SOCKET_TIMEOUT, 0);
            continue;
        }
        if (events[i].data.fd == core_->alarm.fd()) {
            core_->alarm.clear();
            continue;
        }
        int what = 0;
        if ((events[i].events & EPOLLIN) != 0) what |= CURL_CSELECT_IN;
        if ((events[i].events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
        if ((events[i].events & (EPOLLERR | EPOLLHUP)) != 0) what |= CURL_CSELECT_ERR;
        core_->act(events[i].data.fd, what);
    }
    core_->collect();
}

}  // namespace busbar::net
