#pragma once

#include "wasm64/message/value_class.hpp"
#include "wasm64/message/value_edit_impl.hpp"
#include "wasm64/message/value_impl.hpp"
#include "wasm64/message/value_read_impl.hpp"
