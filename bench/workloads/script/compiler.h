#pragma once

#include "values.h"

// Code.

// clang-format off
enum operation {
  op_constant, op_nil, op_true, op_false, op_pop, op_close, op_local, op_set_local, op_upvalue, op_set_upvalue,
  op_global, op_set_global, op_index, op_set_index, op_table, op_append, op_field, op_closure, op_call, op_return,
  op_jump, op_jump_if_false, op_and, op_or, op_for, op_next, op_not, op_negate, op_length, op_concat,
  op_add, op_subtract, op_multiply, op_divide, op_remainder, op_equal, op_unequal, op_less, op_at_most, op_more,
  op_at_least
};
// clang-format on

enum { most_code = 512, most_constants = 64, most_prototypes = 32, most_upvalues = 8, most_locals = 32 };

struct capture {
  int from_local;  // of the enclosing function; else one of its upvalues
  int index;
};

struct prototype {
  uint32_t code[most_code];  // the operation in the low byte, its operand above
  struct value constants[most_constants];
  struct capture captures[most_upvalues];
  int length, constant_count, capture_count, parameters;
};

static struct prototype prototypes[most_prototypes];
static int prototype_count;

// From text to tokens: a character is its own token.

enum { token_end, token_name = 256, token_string, token_number, token_word };

enum word {
  w_and,
  w_do,
  w_else,
  w_elseif,
  w_end,
  w_false,
  w_for,
  w_function,
  w_if,
  w_local,
  w_nil,
  w_not,
  w_or,
  w_return,
  w_then,
  w_true,
  w_while,
  words
};
static const char* const spelled[words] = {"and", "do",       "else", "elseif", "end",  "false",
                                           "for", "function", "if",   "local",  "nil",  "not",
                                           "or",  "return",   "then", "true",   "while"};
static struct string* word_strings[words];

static const char* next_character;
static int token;  // of words: token_word + which
static struct value token_value;

static int is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static int is_digit(char c) { return c >= '0' && c <= '9'; }

static void read_number(void) {
  int64_t whole = 0;
  while (is_digit(*next_character)) whole = whole * 10 + (*next_character++ - '0');
  token_value = of_integer(whole);
  token = token_number;
  if (*next_character != '.' || !is_digit(next_character[1])) return;
  double scale = 1, digits = (double)whole;
  for (++next_character; is_digit(*next_character); scale *= 10) digits = digits * 10 + (*next_character++ - '0');
  token_value = of_real(digits / scale);
}

static void advance(void) {
  while (*next_character == ' ' || *next_character == '\n') ++next_character;
  const char* from = next_character;
  if (is_digit(*from)) {
    read_number();
  } else if (is_letter(*from)) {
    while (is_letter(*next_character) || is_digit(*next_character)) ++next_character;
    token_value = of_string(intern(from, (uint32_t)(next_character - from), NULL, 0));
    token = token_name;
    for (int i = 0; i < words; ++i) token = token_value.as.string == word_strings[i] ? token_word + i : token;
  } else if (*from == '"') {
    while (*++next_character != '"') continue;
    token_value = of_string(intern(from + 1, (uint32_t)(next_character++ - from - 1), NULL, 0));
    token = token_string;
  } else {
    token = *from;
    if (*from != '\0') ++next_character;
    const int twofold = (*from == '.' && from[1] == '.') ||
                        ((*from == '=' || *from == '~' || *from == '<' || *from == '>') && from[1] == '=');
    if (twofold) token += 128, ++next_character;
  }
}

enum {
  t_concat = '.' + 128,
  t_equal = '=' + 128,
  t_unequal = '~' + 128,
  t_at_most = '<' + 128,
  t_at_least = '>' + 128
};

static int accept(int wanted) {
  if (token != wanted) return 0;
  advance();
  return 1;
}
static int accept_word(enum word w) { return accept(token_word + (int)w); }
static void expect(int wanted) {
  if (!accept(wanted)) __builtin_trap();
}
static void expect_word(enum word w) { expect(token_word + (int)w); }

// From tokens to code. Local variables lie where their values are pushed, so the compiler counts what is on the stack.

struct variable {
  const struct string* name;
  int captured;
};

struct compiler {
  struct prototype* made;
  struct compiler* outer;
  const struct string* upvalue_names[most_upvalues];
  struct variable locals[most_locals];
  int local_count;
};

static void block(struct compiler* c);
static void expression(struct compiler* c, int level);

static int emit(struct compiler* c, enum operation o, int operand) {
  if (c->made->length == most_code) __builtin_trap();
  c->made->code[c->made->length] = (uint32_t)o | (uint32_t)operand << 8;
  return c->made->length++;
}
static void patch(struct compiler* c, int jump) { c->made->code[jump] |= (uint32_t)c->made->length << 8; }

static int constant(struct compiler* c, struct value v) {
  struct prototype* p = c->made;
  for (int i = 0; i < p->constant_count; ++i) {
    if (p->constants[i].tag == v.tag && equal(p->constants[i], v)) return i;
  }
  if (p->constant_count == most_constants) __builtin_trap();
  p->constants[p->constant_count] = v;
  return p->constant_count++;
}

static void declare(struct compiler* c, const struct string* name) {
  if (c->local_count == most_locals) __builtin_trap();
  c->locals[c->local_count++] = (struct variable){name, 0};
}

static int local_of(const struct compiler* c, const struct string* name) {
  int i = c->local_count - 1;
  while (i >= 0 && c->locals[i].name != name) --i;
  return i;
}

/// The index of the upvalue, made where an enclosing function has the variable; else -1.
static int upvalue_of(struct compiler* c, const struct string* name) {
  struct prototype* p = c->made;
  for (int i = 0; i < p->capture_count; ++i) {
    if (c->upvalue_names[i] == name) return i;
  }
  if (c->outer == NULL) return -1;
  const int local = local_of(c->outer, name);
  if (local >= 0) c->outer->locals[local].captured = 1;
  const int index = local >= 0 ? local : upvalue_of(c->outer, name);
  if (index < 0) return -1;
  if (p->capture_count == most_upvalues) __builtin_trap();
  c->upvalue_names[p->capture_count] = name;
  p->captures[p->capture_count] = (struct capture){local >= 0, index};
  return p->capture_count++;
}

static struct string* expect_name(void) {
  struct string* name = token_value.as.string;
  expect(token_name);
  return name;
}

/// From the parameters to `end`; leaves the closure on the stack.
static void function(struct compiler* outer) {
  if (prototype_count == most_prototypes) __builtin_trap();
  struct compiler c = {.made = &prototypes[prototype_count], .outer = outer};
  const int index = prototype_count++;
  c.made->length = c.made->constant_count = c.made->capture_count = c.made->parameters = 0;
  expect('(');
  while (!accept(')')) {
    declare(&c, expect_name());
    ++c.made->parameters;
    accept(',');
  }
  block(&c);
  expect_word(w_end);
  emit(&c, op_nil, 0);
  emit(&c, op_return, 0);
  emit(outer, op_closure, index);
}

static void table_constructor(struct compiler* c) {
  emit(c, op_table, 0);
  while (!accept('}')) {
    const struct value first = token_value;
    const char* after = next_character;
    const int named = token == token_name;
    if (named) {
      advance();
      if (accept('=')) {
        expression(c, 0);
        emit(c, op_field, constant(c, first));
        accept(',');
        continue;
      }
      next_character = after;  // an element that begins with a name
      token = token_name;
      token_value = first;
    }
    expression(c, 0);
    emit(c, op_append, 0);
    accept(',');
  }
}

/// An access that is not emitted yet, as it may become an assignment.
struct access {
  enum operation load, store;
  int operand;
};
static const struct access plain = {op_nil, op_nil, 0};

static void load(struct compiler* c, struct access* a) {
  if (a->load != op_nil) emit(c, a->load, a->operand);
  *a = plain;
}

static struct access variable(struct compiler* c, struct string* name) {
  const int local = local_of(c, name);
  if (local >= 0) return (struct access){op_local, op_set_local, local};
  const int upvalue = upvalue_of(c, name);
  if (upvalue >= 0) return (struct access){op_upvalue, op_set_upvalue, upvalue};
  return (struct access){op_global, op_set_global, constant(c, of_string(name))};
}

static struct access suffixed(struct compiler* c) {
  struct access a = plain;
  if (accept('(')) {
    expression(c, 0);
    expect(')');
  } else {
    a = variable(c, expect_name());
  }
  for (;;) {
    if (accept('.')) {
      load(c, &a);
      emit(c, op_constant, constant(c, of_string(expect_name())));
      a = (struct access){op_index, op_set_index, 0};
    } else if (accept('[')) {
      load(c, &a);
      expression(c, 0);
      expect(']');
      a = (struct access){op_index, op_set_index, 0};
    } else if (accept('(')) {
      int arguments = 0;
      load(c, &a);
      for (; !accept(')'); ++arguments) {
        expression(c, 0);
        accept(',');
      }
      emit(c, op_call, arguments);
    } else {
      return a;
    }
  }
}

static void operand(struct compiler* c) {
  const struct value v = token_value;
  if (accept(token_number) || accept(token_string)) {
    emit(c, op_constant, constant(c, v));
  } else if (accept_word(w_nil)) {
    emit(c, op_nil, 0);
  } else if (accept_word(w_true)) {
    emit(c, op_true, 0);
  } else if (accept_word(w_false)) {
    emit(c, op_false, 0);
  } else if (accept_word(w_function)) {
    function(c);
  } else if (accept('{')) {
    table_constructor(c);
  } else {
    struct access a = suffixed(c);
    load(c, &a);
  }
}

static const struct {
  int token;
  int level;
  enum operation operation;
} binary[] = {{token_word + w_or, 1, op_or},
              {token_word + w_and, 2, op_and},
              {t_equal, 3, op_equal},
              {t_unequal, 3, op_unequal},
              {'<', 3, op_less},
              {t_at_most, 3, op_at_most},
              {'>', 3, op_more},
              {t_at_least, 3, op_at_least},
              {t_concat, 4, op_concat},
              {'+', 5, op_add},
              {'-', 5, op_subtract},
              {'*', 6, op_multiply},
              {'/', 6, op_divide},
              {'%', 6, op_remainder}};
enum { binary_count = sizeof binary / sizeof *binary, unary_level = 7 };

/// Binary operators of a level above the given one.
static void expression(struct compiler* c, int level) {
  const enum operation unary = token == '-' ? op_negate : token == '#' ? op_length : op_not;
  if (accept('-') || accept('#') || accept_word(w_not)) {
    expression(c, unary_level);
    emit(c, unary, 0);
  } else {
    operand(c);
  }
  for (;;) {
    int i = 0;
    while (i < binary_count && binary[i].token != token) ++i;
    if (i == binary_count || binary[i].level <= level) return;
    advance();
    const enum operation o = binary[i].operation;
    const int jump = o == op_and || o == op_or ? emit(c, o, 0) : -1;
    expression(c, binary[i].level);
    if (jump >= 0) {
      patch(c, jump);
    } else {
      emit(c, o, 0);
    }
  }
}

static void leave_scope(struct compiler* c, int locals) {
  int captured = 0;
  for (int i = locals; i < c->local_count; ++i) captured |= c->locals[i].captured;
  if (captured) emit(c, op_close, locals);
  if (c->local_count > locals) emit(c, op_pop, c->local_count - locals);
  c->local_count = locals;
}

static void scope(struct compiler* c) {
  const int locals = c->local_count;
  block(c);
  leave_scope(c, locals);
}

static void if_statement(struct compiler* c) {
  expression(c, 0);
  expect_word(w_then);
  const int skip = emit(c, op_jump_if_false, 0);
  scope(c);
  if (accept_word(w_end)) {
    patch(c, skip);
    return;
  }
  const int leave = emit(c, op_jump, 0);
  patch(c, skip);
  if (accept_word(w_elseif)) {
    if_statement(c);
  } else {
    expect_word(w_else);
    scope(c);
    expect_word(w_end);
  }
  patch(c, leave);
}

static void for_statement(struct compiler* c) {
  struct string* name = expect_name();
  expect('=');
  expression(c, 0);
  expect(',');
  expression(c, 0);
  expect_word(w_do);
  declare(c, NULL);
  declare(c, NULL);
  const int test = emit(c, op_for, 0);
  declare(c, name);
  block(c);
  leave_scope(c, c->local_count - 1);
  emit(c, op_next, test);
  patch(c, test);
  leave_scope(c, c->local_count - 2);
  expect_word(w_end);
}

static void assignment_or_call(struct compiler* c) {
  struct access a = suffixed(c);
  if (accept('=')) {
    expression(c, 0);
    emit(c, a.store, a.operand);
  } else {
    load(c, &a);
    emit(c, op_pop, 1);
  }
}

static void statement(struct compiler* c) {
  if (accept_word(w_local)) {
    if (accept_word(w_function)) {
      declare(c, expect_name());  // before its body, which may call it
      function(c);
    } else {
      struct string* name = expect_name();
      expect('=');
      expression(c, 0);
      declare(c, name);
    }
  } else if (accept_word(w_if)) {
    if_statement(c);
  } else if (accept_word(w_while)) {
    const int test = c->made->length;
    expression(c, 0);
    expect_word(w_do);
    const int leave = emit(c, op_jump_if_false, 0);
    scope(c);
    expect_word(w_end);
    emit(c, op_jump, test);
    patch(c, leave);
  } else if (accept_word(w_for)) {
    for_statement(c);
  } else if (accept_word(w_return)) {
    expression(c, 0);
    emit(c, op_return, 0);
  } else {
    assignment_or_call(c);
  }
}

static void block(struct compiler* c) {
  while (token != token_end && token != token_word + w_end && token != token_word + w_else &&
         token != token_word + w_elseif)
    statement(c);
}

static const struct prototype* compile(const char* text) {
  for (int i = 0; i < words; ++i) {
    uint32_t length = 0;
    while (spelled[i][length] != '\0') ++length;
    word_strings[i] = intern(spelled[i], length, NULL, 0);
  }
  struct compiler c = {.made = &prototypes[0]};
  prototype_count = 1;
  c.made->length = c.made->constant_count = c.made->capture_count = c.made->parameters = 0;
  next_character = text;
  advance();
  block(&c);
  expect(token_end);
  return c.made;
}
