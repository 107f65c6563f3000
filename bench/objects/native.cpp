#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "bench/objects/native.hpp"

// What the modules beside this file do, with malloc and free: every object is given back as soon as it is dead, as a
// program without a collector has to.

namespace wasm64::bench {

namespace {

struct tree {
  tree *left, *right;
};

tree* build(std::int32_t depth) {
  auto* const made = static_cast<tree*>(std::malloc(sizeof(tree)));
  made->left = depth == 0 ? nullptr : build(depth - 1);
  made->right = depth == 0 ? nullptr : build(depth - 1);
  return made;
}
std::int64_t count(const tree* t) { return t == nullptr ? 0 : 1 + count(t->left) + count(t->right); }
void release(tree* t) {
  if (t == nullptr) return;
  release(t->left);
  release(t->right);
  std::free(t);
}

struct node {
  std::int64_t value;
  node* next;
};

struct entry {
  std::int64_t key, value;
  entry* next;
};

std::uint32_t bucket(std::int64_t key) {
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(key) * 0x9e3779b97f4a7c15 >> 50);
}

void sift(std::uint64_t* a, std::uint32_t root, std::uint32_t end) {
  const std::uint64_t v = a[root];
  for (;;) {
    std::uint32_t child = root * 2 + 1;
    if (child >= end) break;
    if (child + 1 < end && a[child] < a[child + 1]) ++child;
    if (v >= a[child]) break;
    a[root] = a[child];
    root = child;
  }
  a[root] = v;
}

}  // namespace

std::int64_t native_trees(std::int32_t depth) {
  tree* const lasting = build(depth);
  std::int64_t sum = 0;
  for (int i = 0; i < 8; ++i) {
    tree* const t = build(depth);
    sum += count(t);
    release(t);
  }
  sum += count(lasting);
  release(lasting);
  return sum;
}

std::int64_t native_list(std::int32_t n) {
  std::uint64_t total = 0;
  for (int i = 0; i < 16; ++i) {
    node* list = nullptr;
    for (std::int64_t v = std::int64_t{n} * 1000; v != 0; --v) {
      auto* const made = static_cast<node*>(std::malloc(sizeof(node)));
      *made = {v, list};
      list = made;
    }
    node* done = nullptr;
    while (list != nullptr) {
      node* const rest = list->next;
      list->next = done;
      done = list;
      list = rest;
    }
    std::uint64_t sum = 0;
    for (const node* at = done; at != nullptr; at = at->next) sum = sum * 3 + static_cast<std::uint64_t>(at->value);
    while (done != nullptr) {
      node* const rest = done->next;
      std::free(done);
      done = rest;
    }
    total ^= sum;
    total = total << 1 | total >> 63;
  }
  return static_cast<std::int64_t>(total);
}

std::int64_t native_map(std::int32_t n) {
  constexpr std::size_t buckets = 16384;
  auto** const table = static_cast<entry**>(std::calloc(buckets, sizeof(entry*)));
  const auto find = [table](std::int64_t key) {
    entry* e = table[bucket(key)];
    while (e != nullptr && e->key != key) e = e->next;
    return e;
  };
  std::uint64_t state = 0, sum = 0;
  std::uint32_t size = 0;
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(n) * 1000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const auto key = static_cast<std::int64_t>(state >> 48);
    if (entry* const e = find(key); e != nullptr) {
      e->value += i;
    } else {
      auto* const made = static_cast<entry*>(std::malloc(sizeof(entry)));
      *made = {key, i, table[bucket(key)]};
      table[bucket(key)] = made;
      ++size;
    }
    if (const entry* const e = find(static_cast<std::int64_t>(state >> 32 & 0xffff)); e != nullptr) {
      sum += static_cast<std::uint64_t>(e->value);
    }
    if ((i & 3) != 0) continue;
    const auto removed = static_cast<std::int64_t>(state >> 16 & 0xffff);
    for (entry** at = &table[bucket(removed)]; *at != nullptr; at = &(*at)->next) {
      if ((*at)->key != removed) continue;
      entry* const dead = *at;
      *at = dead->next;
      std::free(dead);
      --size;
      break;
    }
  }
  for (std::size_t i = 0; i < buckets; ++i) {
    while (table[i] != nullptr) {
      entry* const dead = table[i];
      table[i] = dead->next;
      std::free(dead);
    }
  }
  std::free(table);
  return static_cast<std::int64_t>(sum + size);
}

std::int64_t native_sort(std::int32_t n) {
  const std::uint32_t size = static_cast<std::uint32_t>(n) * 1000;
  auto* const a = static_cast<std::uint64_t*>(std::calloc(size, sizeof(std::uint64_t)));
  std::uint64_t state = 0;
  for (std::uint32_t i = 0; i < size; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    a[i] = state >> 20;
  }
  for (std::uint32_t i = size / 2; i-- > 0;) sift(a, i, size);
  for (std::uint32_t i = size - 1; i != 0; --i) {
    const std::uint64_t v = a[0];
    a[0] = a[i];
    a[i] = v;
    sift(a, 0, i);
  }
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < size; ++i) sum = sum * 31 + a[i];
  std::free(a);
  return static_cast<std::int64_t>(sum);
}

}  // namespace wasm64::bench
