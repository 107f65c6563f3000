#include <map>

#include "tests/unit/snapshot/support.hpp"

using namespace wasm64;

namespace {

/// A host whose handles are numbers of names, in the order in which the process came across them.
struct host {
  std::map<std::string, std::uint64_t> handles;
  std::string note;
  int loads = 0;

  std::uint64_t handle(const std::string& name) { return handles.try_emplace(name, handles.size() + 1).first->second; }

  static result<byte_vector> encode(void* self, std::uint64_t handle) {
    for (const auto& [name, number] : static_cast<host*>(self)->handles) {
      if (number == handle) return byte_vector(name.begin(), name.end());
    }
    return fail(errc::not_found, "handle");
  }
  static result<std::uint64_t> decode(void* self, bytes_view meaning) {
    if (meaning.empty()) return fail(errc::malformed_id, "name");
    return static_cast<host*>(self)->handle(std::string(as_text(meaning)));
  }
  snapshot_hooks hooks() {
    snapshot_hooks h{&encode, &decode, this, {}};
    h.parts.push_back({"note", this,
                       [](void* self) -> result<byte_vector> {
                         const std::string& text = static_cast<host*>(self)->note;
                         return byte_vector(text.begin(), text.end());
                       },
                       [](void*, bytes_view bytes) -> result<void> {
                         if (as_text(bytes) == "bad") return fail(errc::malformed_message, "note");
                         return success();
                       },
                       [](void* self, bytes_view bytes) {
                         static_cast<host*>(self)->note = as_text(bytes);
                         ++static_cast<host*>(self)->loads;
                       }});
    return h;
  }
};

constexpr std::string_view program = R"((module
  (global $g (mut externref) (ref.null extern))
  (table $t 3 externref)
  (type $box (struct (field anyref)))
  (global $boxed (mut (ref null $box)) (ref.null $box))
  (func (export "set") (param externref externref)
    (global.set $g (local.get 0))
    (table.set $t (i32.const 1) (local.get 1))
    (table.set $t (i32.const 2) (local.get 0))
    (global.set $boxed (struct.new $box (any.convert_extern (local.get 1)))))
  (func (export "get") (result externref externref externref externref)
    (global.get $g) (table.get $t (i32.const 1)) (table.get $t (i32.const 2))
    (extern.convert_any (struct.get $box 0 (global.get $boxed))))))";

}  // namespace

TEST_CASE("snapshot: references of the host without a hook are refused, saying where") {
  memory_store objects;
  test::saved_engine<> e(objects);
  instance& in = e.add(program);
  e.save();
  e.call_with(in, "set", {value::null(types::externref), value::externref(5)});
  const error refused = e.save_failure();
  CHECK(refused.code == errc::snapshot_incompatible);
  CHECK(refused.detail == "table 0 has a reference of the host");
}

TEST_CASE("snapshot: a hook says what references of the host mean, and makes them again") {
  memory_store objects;
  host here, there;
  there.handle("something else");
  test::saved_engine<> first(objects, {}, here.hooks()), second(objects, {}, there.hooks()), bare(objects);
  instance& in = first.add(program);
  instance& other = second.add(program);
  bare.add(program);
  first.call_with(in, "set", {value::externref(here.handle("a")), value::externref(here.handle("b"))});
  const content_id id = first.save();
  second.restore(id);
  CHECK(second.id() == id);
  const value a = value::externref(there.handle("a")), b = value::externref(there.handle("b"));
  CHECK(a != value::externref(here.handle("a")));
  CHECK(second.call_with(other, "get", {}) == vector<value>{a, b, a, b});
  CHECK(bare.restore_failure(id).code == errc::snapshot_incompatible);

  first.call_with(in, "set", {value::externref(77), value::externref(78)});
  CHECK(first.save_failure().code == errc::not_found);
}

TEST_CASE("snapshot: what the host adds comes back, and nothing else is taken") {
  memory_store objects;
  host here, there;
  test::saved_engine<> first(objects, {}, here.hooks()), second(objects, {}, there.hooks()), bare(objects);
  first.add(program);
  second.add(program);
  bare.add(program);
  const content_id empty = first.save();
  CHECK(bare.id() == empty);
  here.note = "remembered";
  const content_id id = first.save();
  second.restore(id);
  CHECK(there.note == "remembered");
  second.restore(empty);
  CHECK(there.note.empty());
  CHECK(there.loads == 2);
  CHECK(bare.restore_failure(id).detail == "nothing of the host is called note");
  here.note = "bad";
  const content_id bad = first.save();
  there.note = "kept";
  CHECK(second.restore_failure(bad).code == errc::malformed_message);
  CHECK(there.note == "kept");
  CHECK(there.loads == 2);
}
