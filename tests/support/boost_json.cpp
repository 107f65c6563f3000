// Boost.JSON without its library: the parts that are not inline, once.
#include <boost/json/src.hpp>
