// The stream below Beast, when its socket is closed while an operation is on its way.
#include "gateway/net/wire.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace busbar::net {
namespace {

// A wire on one end of a pair of sockets. After close() the next pair gets the same descriptor, as an accepted
// connection would.
class WireTest : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_), 0);
        Socket socket(context_);
        socket.assign(asio::ip::tcp::v4(), ends_[0]);
        wire_.emplace(std::move(socket), counts_);
    }
    void TearDown() override {
        ::close(ends_[1]);
        for (const int fd : others_)
            if (fd >= 0) ::close(fd);
    }

    void close_and_give_the_descriptor_to_another() {
        wire_->close();
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, others_), 0);
        ASSERT_EQ(others_[0], ends_[0]);
    }
    std::string arrived_at_the_others_peer() {
        char bytes[64];
        const ssize_t count = ::recv(others_[1], bytes, sizeof bytes, 0);
        return count > 0 ? std::string(bytes, static_cast<std::size_t>(count)) : std::string();
    }

    asio::io_context context_;
    Counts counts_;
    std::optional<Wire> wire_;
    int ends_[2] = {-1, -1}, others_[2] = {-1, -1};
};

TEST_F(WireTest, what_was_to_be_written_does_not_reach_whoever_has_the_descriptor_now) {
    const std::string secret = "for another peer";
    error_code result;
    wire_->async_write_some(asio::buffer(secret), [&](error_code error, std::size_t) { result = error; });
    close_and_give_the_descriptor_to_another();
    context_.run();
    EXPECT_TRUE(result);
    EXPECT_EQ(arrived_at_the_others_peer(), "");
}

TEST_F(WireTest, a_read_takes_nothing_from_whoever_has_the_descriptor_now) {
    char bytes[16];
    error_code result;
    std::size_t taken = 1;
    wire_->put_back("x");  // so that the read is posted, not waited for
    wire_->async_read_some(asio::buffer(bytes), [&](error_code error, std::size_t count) {
        result = error;
        taken = count;
    });
    close_and_give_the_descriptor_to_another();
    ASSERT_EQ(::send(others_[1], "theirs", 6, 0), 6);
    context_.run();
    EXPECT_TRUE(result);
    EXPECT_EQ(taken, 0u);
}

TEST_F(WireTest, the_others_connection_is_not_half_closed) {
    async_teardown(boost::beast::role_type::server, *wire_, [](error_code) {});
    close_and_give_the_descriptor_to_another();
    wire_->finish_sending();
    context_.run();
    ASSERT_EQ(::send(others_[0], "on", 2, MSG_NOSIGNAL), 2);
    EXPECT_EQ(arrived_at_the_others_peer(), "on");
}

}  // namespace
}  // namespace busbar::net
