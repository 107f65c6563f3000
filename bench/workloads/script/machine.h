#pragma once

#include "compiler.h"

enum { stack_size = 4096, most_frames = 200 };

struct frame {
  const struct closure* running;
  const uint32_t* at;
  struct value* base;  // of its parameters, then its other variables
};

static struct value stack[stack_size];
static struct frame frames[most_frames];
static struct upvalue* open_upvalues;  // the highest variable first

static struct upvalue* capture_variable(struct value* variable) {
  struct upvalue** link = &open_upvalues;
  while (*link != NULL && (*link)->at > variable) link = &(*link)->next;
  if (*link != NULL && (*link)->at == variable) return *link;
  struct upvalue* made = allocate(sizeof *made);
  *made = (struct upvalue){variable, nothing, *link};
  return *link = made;
}

/// Gives captured variables from this one on a place that outlives their block.
static void close_upvalues(const struct value* from) {
  for (; open_upvalues != NULL && open_upvalues->at >= from; open_upvalues = open_upvalues->next) {
    open_upvalues->closed = *open_upvalues->at;
    open_upvalues->at = &open_upvalues->closed;
  }
}

static struct value make_closure(const struct prototype* code, const struct frame* in) {
  struct closure* made = allocate(sizeof *made + (size_t)code->capture_count * sizeof *made->upvalues);
  made->code = code;
  for (int i = 0; i < code->capture_count; ++i) {
    const struct capture from = code->captures[i];
    made->upvalues[i] = from.from_local ? capture_variable(in->base + from.index) : in->running->upvalues[from.index];
  }
  return (struct value){closure, {.closure = made}};
}

static struct value remainder_of(struct value a, struct value b) {
  if (a.tag != integer || b.tag != integer || b.as.integer <= 0) __builtin_trap();
  const int64_t r = a.as.integer % b.as.integer;
  return of_integer(r < 0 ? r + b.as.integer : r);
}

static struct value concatenate(struct value a, struct value b) {
  const struct string* first = to_string(a);
  const struct string* second = to_string(b);
  return of_string(intern(first->text, first->length, second->text, second->length));
}

static struct table* table_of(struct value v) {
  if (v.tag != table) __builtin_trap();
  return v.as.table;
}

// Operands are the topmost two values, and both of them integers as a rule.
#define ARITHMETIC(operator)                                                                         \
  --top;                                                                                             \
  if (top[-1].tag == integer && top->tag == integer) {                                               \
    top[-1].as.integer = (int64_t)((uint64_t)top[-1].as.integer operator(uint64_t) top->as.integer); \
  } else {                                                                                           \
    top[-1] = of_real(to_real(top[-1]) operator to_real(*top));                                      \
  }                                                                                                  \
  break
#define COMPARISON(operator)                                           \
  --top;                                                               \
  if (top[-1].tag == integer && top->tag == integer) {                 \
    top[-1] = of_boolean(top[-1].as.integer operator top->as.integer); \
  } else {                                                             \
    top[-1] = of_boolean(to_real(top[-1]) operator to_real(*top));     \
  }                                                                    \
  break

/// What the function without parameters returns.
static struct value execute(const struct prototype* code, struct table* globals) {
  struct frame* frame = frames;
  *frame = (struct frame){make_closure(code, frame).as.closure, code->code, stack + 1};
  struct value* top = stack + 1;
  for (;;) {
    const uint32_t instruction = *frame->at++;
    const uint32_t operand = instruction >> 8;
    // clang-format off
    switch ((enum operation)(instruction & 0xff)) {
      case op_constant: *top++ = frame->running->code->constants[operand]; break;
      case op_nil: *top++ = nothing; break;
      case op_true: *top++ = of_boolean(1); break;
      case op_false: *top++ = of_boolean(0); break;
      case op_pop: top -= operand; break;
      case op_close: close_upvalues(frame->base + operand); break;
      case op_local: *top++ = frame->base[operand]; break;
      case op_set_local: frame->base[operand] = *--top; break;
      case op_upvalue: *top++ = *frame->running->upvalues[operand]->at; break;
      case op_set_upvalue: *frame->running->upvalues[operand]->at = *--top; break;
      case op_global: *top++ = get(globals, frame->running->code->constants[operand]); break;
      case op_set_global: set(globals, frame->running->code->constants[operand], *--top); break;
      case op_index: --top; top[-1] = get(table_of(top[-1]), *top); break;
      case op_set_index: top -= 3; set(table_of(top[0]), top[1], top[2]); break;
      case op_table: *top++ = (struct value){table, {.table = new_table()}}; break;
      case op_append: --top; append(table_of(top[-1]), *top); break;
      case op_field: --top; set(table_of(top[-1]), frame->running->code->constants[operand], *top); break;
      case op_closure: *top++ = make_closure(&prototypes[operand], frame); break;
      case op_jump: frame->at = frame->running->code->code + operand; break;
      case op_jump_if_false: if (is_false(*--top)) frame->at = frame->running->code->code + operand; break;
      case op_and: if (is_false(top[-1])) frame->at = frame->running->code->code + operand; else --top; break;
      case op_or: if (is_false(top[-1])) --top; else frame->at = frame->running->code->code + operand; break;
      case op_not: top[-1] = of_boolean(is_false(top[-1])); break;
      case op_negate: top[-1] = top[-1].tag == integer ? of_integer(-top[-1].as.integer) : of_real(-to_real(top[-1])); break;
      case op_length:
        top[-1] = of_integer(top[-1].tag == string ? top[-1].as.string->length : table_of(top[-1])->count);
        break;
      case op_concat: --top; top[-1] = concatenate(top[-1], *top); break;
      case op_add: ARITHMETIC(+);
      case op_subtract: ARITHMETIC(-);
      case op_multiply: ARITHMETIC(*);
      case op_divide: --top; top[-1] = of_real(to_real(top[-1]) / to_real(*top)); break;
      case op_remainder: --top; top[-1] = remainder_of(top[-1], *top); break;
      case op_equal: --top; top[-1] = of_boolean(equal(top[-1], *top)); break;
      case op_unequal: --top; top[-1] = of_boolean(!equal(top[-1], *top)); break;
      case op_less: COMPARISON(<);
      case op_at_most: COMPARISON(<=);
      case op_more: COMPARISON(>);
      case op_at_least: COMPARISON(>=);
      // clang-format on
      case op_for:
        if (top[-2].as.integer > top[-1].as.integer) {
          frame->at = frame->running->code->code + operand;
        } else {
          *top = top[-2];
          ++top;
        }
        break;
      case op_next:
        ++top[-2].as.integer;
        frame->at = frame->running->code->code + operand;
        break;
      case op_call: {
        struct value* base = top - operand;
        if (base[-1].tag == builtin) {
          base[-1] = base[-1].as.builtin(base);
          top = base;
          break;
        }
        if (base[-1].tag != closure) __builtin_trap();
        const struct closure* called = base[-1].as.closure;
        if (++frame == frames + most_frames || top > stack + stack_size - most_code) __builtin_trap();
        for (; top < base + called->code->parameters; ++top) *top = nothing;
        top = base + called->code->parameters;
        *frame = (struct frame){called, called->code->code, base};
        break;
      }
      case op_return: {
        const struct value returned = top[-1];
        close_upvalues(frame->base);
        top = frame->base;
        top[-1] = returned;
        if (frame == frames) return returned;
        --frame;
        break;
      }
      default: __builtin_trap();
    }
  }
}

#undef ARITHMETIC
#undef COMPARISON
