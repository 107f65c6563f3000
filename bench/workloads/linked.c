#include "workload.h"

#include <stddef.h>

enum { capacity = 1 << 13 };

struct node {
  struct node* left;
  struct node* right;  // of a free node: the next free one
  uint32_t key;
  uint32_t count;
};

static struct node pool[capacity];
static struct node* free_nodes;

static struct node* allocate(uint32_t key) {
  struct node* n = free_nodes;
  free_nodes = n->right;
  *n = (struct node){NULL, NULL, key, 1};
  return n;
}

static void insert(struct node** link, uint32_t key) {
  while (*link != NULL && (*link)->key != key) link = key < (*link)->key ? &(*link)->left : &(*link)->right;
  if (*link != NULL) {
    ++(*link)->count;
  } else {
    *link = allocate(key);
  }
}

static uint64_t sum(const struct node* n, uint64_t depth) {
  if (n == NULL) return 0;
  return sum(n->left, depth + 1) + (uint64_t)n->key * n->count + depth + sum(n->right, depth + 1);
}

static void release(struct node* n) {
  if (n == NULL) return;
  release(n->left);
  release(n->right);
  n->right = free_nodes;
  free_nodes = n;
}

/// Builds, walks and frees a binary search tree of 8,192 random keys, n times.
int64_t run(int32_t n) {
  uint64_t checksum = 0;
  uint32_t random = 12345;
  free_nodes = NULL;
  for (int i = 0; i < capacity; ++i) {
    pool[i].right = free_nodes;
    free_nodes = &pool[i];
  }
  for (int32_t round = 0; round < n; ++round) {
    struct node* root = NULL;
    for (int i = 0; i < capacity; ++i) {
      random = random * 1664525 + 1013904223;
      insert(&root, random >> 12);
    }
    checksum = checksum * 31 + sum(root, 0);
    release(root);
  }
  return (int64_t)checksum;
}
