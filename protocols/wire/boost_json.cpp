// The one translation unit in which Boost.JSON is compiled: Debian's Boost 1.81 comes as headers, without its library.
#include <boost/json/src.hpp>
