#include <sys/stat.h>

#include <fstream>

#include "tests/unit/snapshot/memory_support.hpp"
#include "tests/unit/storage/temporary_directory.hpp"
#include "wasm64/snapshot/image_directory.hpp"

using namespace wasm64;
using namespace wasm64::test;

namespace {

using image = std::shared_ptr<const tree_image>;

struct counting_store : memory_store {
  std::size_t gets = 0;
  result<shared_bytes> get(const content_id& id) {
    ++gets;
    return memory_store::get(id);
  }
};

/// The files that images stand in.
std::vector<std::filesystem::path> files_in(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) files.push_back(entry.path());
  return files;
}

struct directory_fixture {
  temporary_directory parent;
  std::filesystem::path path = parent.path() / "images";
  image_directory images = image_directory::open(path.string()).assume_value();
};

/// Bytes in a store, for images to be made of.
struct stored_bytes {
  memory_store store;
  any_store from{store};
  byte_vector bytes = random_bytes(70 * 4096, 1);
  tree_root root;

  stored_bytes() {
    page_tree tree;
    object_batch batch;
    root = tree.update(view_of(bytes), batch).value();
    REQUIRE(batch.put(from).has_value());
  }
};

}  // namespace

TEST_CASE("images: memories made of one have its content, and what they write is their own") {
  for (const kind& k : kinds) {
    INFO(k.name);
    memory_store store;
    any_store from(store);
    modelled_memory m(40, 64, k.operations, 1);
    m.change();
    tracked_memory tracked(m.memory, k.how);
    const tree_root root = save(tracked, from);
    const auto made = tree_image::fetch(m.model.size(), root, from);
    REQUIRE(made.has_value());
    std::vector<std::unique_ptr<modelled_memory>> memories;
    std::vector<std::unique_ptr<tracked_memory>> copies;
    for (std::uint32_t i = 0; i < 4; ++i) {
      memories.push_back(std::make_unique<modelled_memory>(i % 2 == 0 ? 3 : 40, 64, k.operations, i));
      copies.push_back(std::make_unique<tracked_memory>(memories.back()->memory, k.how));
      if (i == 3) memories[3]->change();
      REQUIRE(copies.back()->put(made.value()).has_value());
      memories.back()->model = m.model;
      memories.back()->check();
    }
    for (int round = 0; round < 12; ++round) {
      for (std::size_t i = 0; i < 4; ++i) {
        modelled_memory& each = *memories[i];
        each.change();
        if (round % 4 == 1) each.grow(1);
        CHECK(save(*copies[i], from) == reference_tree(view_of(each.model)).root);
      }
    }
    for (const auto& each : memories) each->check();
    m.check();
  }
}

TEST_CASE("images: a memory is forked at any time, and all sides go on") {
  for (const kind& k : kinds) {
    for (std::uint32_t seed = 0; seed < 3; ++seed) {
      INFO(k.name << " " << seed);
      generator random(seed);
      memory_store store;
      any_store to(store);
      std::vector<std::unique_ptr<modelled_memory>> memories;
      std::vector<std::unique_ptr<tracked_memory>> tracked;
      const auto add = [&] {
        memories.push_back(std::make_unique<modelled_memory>(10, 64, k.operations, random()));
        tracked.push_back(std::make_unique<tracked_memory>(memories.back()->memory, k.how));
      };
      add();
      for (int round = 0; round < 60; ++round) {
        const std::size_t of = random() % memories.size();
        memories[of]->change();
        if (random() % 6 == 0 && memories[of]->memory.pages() < 60) memories[of]->grow(random() % 5);
        if (random() % 3 == 0) save(*tracked[of], to);
        if (random() % 2 == 0) continue;
        const auto made = tracked[of]->image();
        REQUIRE(made.has_value());
        CHECK(made.value()->root() == reference_tree(view_of(memories[of]->model)).root);
        CHECK(tracked[of]->image().value() == made.value());
        memories[of]->change();
        const byte_vector content = memories[of]->model;
        add();
        REQUIRE(tracked.back()->put(made.value()).has_value());
        REQUIRE(memories.back()->memory.size == made.value()->size());
        memories.back()->model.assign(memories.back()->memory.base,
                                      memories.back()->memory.base + made.value()->size());
        CHECK(reference_tree(view_of(memories.back()->model)).root == made.value()->root());
        if (memories.size() > 8) {
          const std::size_t gone = random() % memories.size();
          tracked.erase(tracked.begin() + static_cast<std::ptrdiff_t>(gone));
          memories.erase(memories.begin() + static_cast<std::ptrdiff_t>(gone));
        }
      }
      for (std::size_t i = 0; i < memories.size(); ++i) {
        memories[i]->check();
        const tree_root root = save(*tracked[i], to);
        CHECK(root == reference_tree(view_of(memories[i]->model)).root);
        // Objects that no memory has put on behalf of another are in storage, too.
        const auto read = fetch_bytes(memories[i]->model.size(), root, to, memories[i]->model.size());
        REQUIRE(read.has_value());
        CHECK(read.value() == memories[i]->model);
      }
    }
  }
}

TEST_CASE("images: a file is made once, and then no object is read to restore or to save") {
  for (const kind& k : kinds) {
    INFO(k.name);
    directory_fixture f;
    counting_store store;
    any_store from(store);
    modelled_memory m(40, 64, k.operations, 1);
    tracked_memory tracked(m.memory, k.how);
    for (int i = 0; i < 9; ++i) m.change();
    const tree_root root = save(tracked, from);
    REQUIRE(f.images.find(m.model.size(), root).value() == nullptr);
    REQUIRE(f.images.get(m.model.size(), root, from).has_value());
    CHECK(files_in(f.path).size() == 1);
    store.gets = 0;
    auto again = image_directory::open(f.path.string());
    REQUIRE(again.has_value());
    const auto made = again.value().get(m.model.size(), root, from);
    REQUIRE(made.has_value());
    modelled_memory copy(3, 64, k.operations, 2);
    tracked_memory restored(copy.memory, k.how);
    REQUIRE(restored.put(made.value()).has_value());
    copy.model = m.model;
    copy.check();
    for (int round = 0; round < 10; ++round) {
      copy.change();
      if (round == 3) copy.grow(20);
      CHECK(save(restored, from) == reference_tree(view_of(copy.model)).root);
    }
    CHECK(restored.image().value()->root() == reference_tree(view_of(copy.model)).root);
    CHECK(store.gets == 0);
    // From there back to what was.
    auto change = restored.prepare(copy.model.size(), reference_tree(view_of(copy.model)).root, from);
    REQUIRE(change.has_value());
    REQUIRE(restored.apply(std::move(change).value()).has_value());
    copy.check();
  }
}

TEST_CASE("images: memories of zeros and of nothing have images, too") {
  directory_fixture f;
  memory_store store;
  any_store from(store);
  for (const kind& k : kinds) {
    for (const std::uint64_t pages : {0u, 5u}) {
      modelled_memory m(pages, 64, k.operations, 1);
      const auto made = f.images.get(m.model.size(), std::nullopt, from);
      REQUIRE(made.has_value());
      tracked_memory tracked(m.memory, k.how);
      REQUIRE(tracked.put(made.value()).has_value());
      m.check();
      REQUIRE(tracked.image().has_value());
    }
  }
  CHECK(files_in(f.path).empty());
}

TEST_CASE("images: a directory that others can use is refused") {
  const temporary_directory parent;
  const std::filesystem::path path = parent.path() / "images";
  std::filesystem::create_directory(path);
  for (const mode_t mode : {0755u, 0770u, 0701u}) {
    ::chmod(path.c_str(), mode);
    CHECK(image_directory::open(path.string()).error().code == errc::storage_io);
  }
  ::chmod(path.c_str(), 0700);
  CHECK(image_directory::open(path.string()).has_value());
  std::filesystem::create_directory_symlink(path, parent.path() / "link");
  CHECK(image_directory::open((parent.path() / "link").string()).error().code == errc::storage_io);
  CHECK(image_directory::open((parent.path() / "no" / "parent").string()).error().code == errc::storage_io);
  CHECK(image_directory::open("").error().code == errc::storage_io);
}

TEST_CASE("images: files that are not what they should be are not used, and replaced") {
  stored_bytes stored;
  for (int damage = 0; damage < 6; ++damage) {
    INFO(damage);
    directory_fixture f;
    REQUIRE(f.images.get(stored.bytes.size(), stored.root, stored.from).has_value());
    const std::filesystem::path file = files_in(f.path).at(0);
    struct stat about{};
    REQUIRE(::stat(file.c_str(), &about) == 0);
    CHECK((about.st_mode & 07777) == 0400);
    ::chmod(file.c_str(), 0600);
    if (damage == 0) ::chmod(file.c_str(), 0644);
    if (damage == 1) std::filesystem::resize_file(file, static_cast<std::uintmax_t>(about.st_size - 1));
    if (damage == 2) std::fstream(file, std::ios::in | std::ios::out).seekp(about.st_size - 1).put(7);
    if (damage == 3) std::fstream(file, std::ios::in | std::ios::out).seekp(about.st_size - 48).put(7);
    if (damage == 4) std::filesystem::resize_file(file, 0);
    if (damage == 5) {
      std::filesystem::rename(file, f.path / "other");
      std::filesystem::create_symlink(f.path / "other", file);
      CHECK_FALSE(f.images.find(stored.bytes.size(), stored.root).has_value());
      continue;
    }
    CHECK(f.images.find(stored.bytes.size(), stored.root).value() == nullptr);
    REQUIRE(f.images.get(stored.bytes.size(), stored.root, stored.from).has_value());
    CHECK(f.images.find(stored.bytes.size(), stored.root).value() != nullptr);
    CHECK(f.images.find(stored.bytes.size() + 1, stored.root).value() == nullptr);
  }
}

TEST_CASE("images: nothing is left of one that could not be fetched") {
  directory_fixture f;
  stored_bytes stored;
  REQUIRE(stored.store.erase(sha256(view_of(stored.bytes).last(4096)).value()).has_value());
  CHECK(f.images.get(stored.bytes.size(), stored.root, stored.from).error().code == errc::not_found);
  CHECK(tree_image::fetch(stored.bytes.size(), stored.root, stored.from).error().code == errc::not_found);
  CHECK(files_in(f.path).empty());
}

TEST_CASE("images: the ones that were used last are kept, and memories keep theirs") {
  directory_fixture f;
  memory_store store;
  any_store from(store);
  const memory_operations& operations = operations_of<default_memory>;
  std::vector<tree_root> roots;
  for (std::uint32_t i = 0; i < 4; ++i) {
    modelled_memory m(1, 1, operations, i);
    m.fill(0, wasm_page, static_cast<std::uint8_t>(i + 1));
    tracked_memory tracked(m.memory);
    roots.push_back(save(tracked, from));
    REQUIRE(f.images.get(wasm_page, roots.back(), from).has_value());
  }
  modelled_memory m(1, 1, operations, 9);
  tracked_memory tracked(m.memory);
  REQUIRE(tracked.put(f.images.get(wasm_page, roots[0], from).value()).has_value());
  std::ofstream(f.path / ".new-1-1") << "left";
  const timespec long_ago[2] = {{1, 0}, {1, 0}};
  ::utimensat(AT_FDCWD, (f.path / ".new-1-1").c_str(), long_ago, 0);
  REQUIRE(f.images.trim(std::uint64_t{1} << 30).has_value());
  CHECK(files_in(f.path).size() == 4);
  REQUIRE(f.images.trim(std::uint64_t{3} * wasm_page / 2).has_value());
  CHECK(files_in(f.path).size() == 1);
  CHECK(f.images.find(wasm_page, roots[0]).value() != nullptr);
  REQUIRE(f.images.trim(0).has_value());
  CHECK(files_in(f.path).empty());
  m.fill(0, wasm_page, 1);
  m.check();
  CHECK(save(tracked, from) == roots[0]);
}
