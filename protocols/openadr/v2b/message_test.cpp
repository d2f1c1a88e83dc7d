// The records of 2.0b against the public sample messages and, if xmllint is there, our output against the schemas.
#include "protocols/openadr/v2b/message.hpp"

#include "protocols/openadr/v2b/xsd_test.hpp"

namespace busbar::openadr::v2b {

namespace {

struct Sample {
    std::string file, payload;
    bool valid = false;
};

std::vector<Sample> samples() {
    std::vector<Sample> samples;
    std::istringstream rows(text_of(standards() / "openadr2b/samples-validation.csv"));
    std::string row;
    std::getline(rows, row);
    while (std::getline(rows, row)) {
        std::istringstream cells(row);
        Sample sample;
        std::string root, result;
        std::getline(cells, sample.file, ',');
        std::getline(cells, root, ',');
        std::getline(cells, sample.payload, ',');
        std::getline(cells, result, ',');
        sample.valid = result == "valid";
        samples.push_back(sample);
    }
    return samples;
}

// Green Button payloads are the one thing that we pass over.
bool is_green_button(const Sample& sample) {
    return sample.file.find("GreenButton") != std::string::npos;
}

std::string rewritten(const Sample& sample) {
    Message message;
    const wire::Failure failure = read_message(text_of(standards() / "openadr2b" / sample.file), message);
    EXPECT_EQ(failure, std::nullopt) << sample.file << ": " << failure->text();
    EXPECT_EQ(name_of(message.payload), sample.payload) << sample.file;
    return write_message(message);
}

}  // namespace

TEST(OpenAdr2bMessage, every_valid_sample_survives_reading_and_writing) {
    NEED_STANDARDS();
    int read = 0;
    for (const Sample& sample : samples()) {
        if (!sample.valid) continue;
        const std::string once = rewritten(sample);
        Message again;
        const wire::Failure failure = read_message(once, again);
        ASSERT_EQ(failure, std::nullopt) << sample.file << ": " << failure->text() << once;
        EXPECT_EQ(write_message(again), once) << sample.file;
        ++read;
    }
    EXPECT_GE(read, 70);
}

TEST(OpenAdr2bMessage, what_we_write_is_valid_by_the_schema) {
    NEED_STANDARDS();
    NEED_XMLLINT();
    std::vector<std::string> documents;
    for (const Sample& sample : samples()) {
        if (sample.valid && !is_green_button(sample)) documents.push_back(rewritten(sample));
    }
    EXPECT_EQ(schema_faults(documents), "");
}

TEST(OpenAdr2bMessage, bare_and_wrapped_are_both_read_and_told_apart) {
    Message message;
    message.payload.oadrPoll.emplace().venID = "ven-1";
    for (const bool wrapped : {true, false}) {
        message.wrapped = wrapped;
        Message read;
        ASSERT_EQ(read_message(write_message(message), read), std::nullopt);
        EXPECT_EQ(read.wrapped, wrapped);
        ASSERT_TRUE(read.payload.oadrPoll);
        EXPECT_EQ(read.payload.oadrPoll->venID, "ven-1");
    }
}

TEST(OpenAdr2bMessage, rule_509_every_payload_carries_the_schema_version) {
    Message message;
    message.payload.oadrPoll.emplace().venID = "ven-1";
    EXPECT_NE(write_message(message).find("ei:schemaVersion=\"2.0b\""), std::string::npos);
}

TEST(OpenAdr2bMessage, an_unknown_root_and_broken_text_are_told) {
    Message message;
    EXPECT_EQ(read_message("<oadrDance xmlns=\"http://openadr.org/oadr-2.0b/2012/07\"/>", message)->fault,
              wire::Fault::unknown_type);
    EXPECT_EQ(read_message("<oadrPayload", message)->fault, wire::Fault::syntax);
    EXPECT_EQ(read_message("", message)->fault, wire::Fault::syntax);
}

TEST(OpenAdr2bMessage, a_missing_element_is_named_by_its_path) {
    Message message;
    const wire::Failure failure = read_message(
        "<oadrPayload xmlns=\"http://openadr.org/oadr-2.0b/2012/07\"><oadrSignedObject><oadrPoll/>"
        "</oadrSignedObject></oadrPayload>",
        message);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->fault, wire::Fault::missing);
    EXPECT_EQ(failure->path, "/oadrSignedObject/oadrPoll/venID");
}

}  // namespace busbar::openadr::v2b
