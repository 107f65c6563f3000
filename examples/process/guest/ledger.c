#include "ledger.h"

#include "accounts.h"
#include "alloc.h"
#include "reply.h"

/// The state of the process. It lives in linear memory, so a checkpoint of the memory keeps it.
static struct {
  struct accounts accounts;
  struct amount supply;
  struct account* minter;  // may mint when the environment names no owner: whoever minted first
  uint64_t messages_sent;
} state;

struct request {
  const struct json* tags;
  const struct json* process;
  struct text sender;
  struct json_writer* out;
};

enum { address_limit = 128 };

static struct text first_of(struct text a, struct text b) { return a.size != 0 ? a : b; }

static struct text tag_of(const struct request* request, const char* name) { return json_tag(request->tags, name); }

static struct text process_tag(const struct request* request, const char* name, const char* otherwise) {
  return first_of(json_tag(json_member(request->process, "Tags"), name), text_from(otherwise));
}

static bool is_address(struct text address) { return address.size != 0 && address.size <= address_limit; }

/// The Quantity tag, which must be a positive integer.
static bool quantity_of(const struct request* request, struct amount* quantity) {
  return amount_parse(tag_of(request, "Quantity"), quantity) && !amount_is_zero(*quantity);
}

static struct reply begin(const struct request* request, struct text data) {
  struct reply reply = {request->out, state.messages_sent, false};
  reply_begin(&reply, data);
  return reply;
}

/// Null when the response is complete, so that the state may change with it.
static const char* finish(struct reply* reply) {
  reply_end(reply);
  if (reply->out->failed) return "Out of memory";
  state.messages_sent = reply->messages;
  return NULL;
}

// Each action answers null when it has written a response, or the reason why it refuses the request.

static const char* handle_info(const struct request* request) {
  char digits[amount_digits];
  const struct text name = process_tag(request, "Name", "Ledger");
  struct reply reply = begin(request, name);
  reply_message(&reply, request->sender, "Info-Notice");
  reply_tag(&reply, text_from("Name"), name);
  reply_tag(&reply, text_from("Ticker"), process_tag(request, "Ticker", "LEDGER"));
  reply_tag(&reply, text_from("Denomination"), process_tag(request, "Denomination", "12"));
  reply_tag(&reply, text_from("Supply"), amount_print(state.supply, digits));
  reply_data(&reply, name);
  return finish(&reply);
}

static const char* handle_balance(const struct request* request) {
  const struct text asked = first_of(tag_of(request, "Target"), tag_of(request, "Recipient"));
  const struct text address = first_of(asked, request->sender);
  const struct account* account = accounts_find(&state.accounts, address);
  char digits[amount_digits];
  const struct text balance = amount_print(account != NULL ? account->balance : (struct amount){0, 0}, digits);

  struct reply reply = begin(request, balance);
  reply_message(&reply, request->sender, "Balance-Notice");
  reply_tag(&reply, text_from("Account"), address);
  reply_tag(&reply, text_from("Balance"), balance);
  reply_tag(&reply, text_from("Ticker"), process_tag(request, "Ticker", "LEDGER"));
  reply_data(&reply, balance);
  return finish(&reply);
}

/// One side's notice of a transfer. Tags of the request that start with X- go along.
static void put_notice(struct reply* reply, const struct request* request, struct text target, const char* action,
                       const char* other_side, struct text other, struct text quantity) {
  reply_message(reply, target, action);
  reply_tag(reply, text_from(other_side), other);
  reply_tag(reply, text_from("Quantity"), quantity);
  for (const struct json* tag = request->tags->first; tag != NULL; tag = tag->next) {
    const struct text name = json_text(json_member(tag, "name"));
    const bool forwarded = name.size > 2 && text_same_name((struct text){name.data, 2}, text_from("X-"));
    if (forwarded) reply_tag(reply, name, json_text(json_member(tag, "value")));
  }
  reply_data(reply, quantity);
}

static const char* handle_transfer(const struct request* request) {
  const struct text recipient = tag_of(request, "Recipient");
  struct amount quantity;
  if (!is_address(recipient)) return "Recipient is required";
  if (!quantity_of(request, &quantity)) return "Quantity must be a positive integer";

  struct account* from = accounts_find(&state.accounts, request->sender);
  if (from == NULL || amount_less(from->balance, quantity)) return "Insufficient Balance";
  struct account* to = accounts_open(&state.accounts, recipient);
  if (to == NULL) return "Out of memory";

  char digits[amount_digits];
  const struct text printed = amount_print(quantity, digits);
  struct reply reply = begin(request, printed);
  put_notice(&reply, request, request->sender, "Debit-Notice", "Recipient", recipient, printed);
  put_notice(&reply, request, recipient, "Credit-Notice", "Sender", request->sender, printed);
  const char* failure = finish(&reply);
  if (failure != NULL) return failure;

  from->balance = amount_subtract(from->balance, quantity);
  amount_add(to->balance, quantity, &to->balance);  // the supply bounds every sum of balances
  return NULL;
}

static bool may_mint(const struct request* request, const struct account* sender) {
  const struct text owner = json_text(json_member(request->process, "Owner"));
  if (owner.size != 0) return text_equal(owner, request->sender);
  return state.minter == NULL || state.minter == sender;
}

static const char* handle_mint(const struct request* request) {
  const struct text recipient = first_of(tag_of(request, "Recipient"), request->sender);
  struct amount quantity;
  struct amount supply;
  if (!may_mint(request, accounts_find(&state.accounts, request->sender))) return "Only the owner may mint";
  if (!is_address(recipient)) return "Recipient is required";
  if (!quantity_of(request, &quantity)) return "Quantity must be a positive integer";
  if (!amount_add(state.supply, quantity, &supply)) return "Supply would overflow";

  struct account* minter = accounts_open(&state.accounts, request->sender);
  struct account* to = accounts_open(&state.accounts, recipient);
  if (minter == NULL || to == NULL) return "Out of memory";

  char digits[amount_digits];
  const struct text printed = amount_print(quantity, digits);
  struct reply reply = begin(request, printed);
  reply_message(&reply, recipient, "Mint-Notice");
  reply_tag(&reply, text_from("Quantity"), printed);
  reply_data(&reply, printed);
  const char* failure = finish(&reply);
  if (failure != NULL) return failure;

  if (state.minter == NULL) state.minter = minter;
  state.supply = supply;
  amount_add(to->balance, quantity, &to->balance);
  return NULL;
}

static const char* handle_action(struct text action, const struct request* request) {
  if (!is_address(request->sender)) return "From is required";
  if (text_equal(action, text_from("Info"))) return handle_info(request);
  if (text_equal(action, text_from("Balance"))) return handle_balance(request);
  if (text_equal(action, text_from("Transfer"))) return handle_transfer(request);
  if (text_equal(action, text_from("Mint"))) return handle_mint(request);
  return action.size == 0 ? "Action is required" : "Unknown action";
}

void ledger_handle(const struct json* message, const struct json* env, struct json_writer* out) {
  const struct text from = json_text(json_member(message, "From"));
  const struct text owner = json_text(json_member(message, "Owner"));
  const struct request request = {json_member(message, "Tags"), json_member(env, "Process"), first_of(from, owner),
                                  out};
  const char* refusal = handle_action(tag_of(&request, "Action"), &request);
  if (refusal != NULL) reply_error(out, refusal);
}
