#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "main.h"

/// The same ledger as a native program, to compare the module with: `native env.json < messages.jsonl` prints one
/// response a line.
static char* read_line(FILE* from) {
  size_t size = 0;
  size_t capacity = 4096;
  char* line = malloc(capacity);
  while (line != NULL && fgets(line + size, (int)(capacity - size), from) != NULL) {
    size += strlen(line + size);
    if (size != 0 && line[size - 1] == '\n') {
      line[size - 1] = '\0';
      return line;
    }
    capacity *= 2;
    char* larger = realloc(line, capacity);
    if (larger == NULL) break;
    line = larger;
  }
  if (line != NULL && size != 0) return line;
  free(line);
  return NULL;
}

int main(int argc, char** argv) {
  FILE* env_file = argc == 2 ? fopen(argv[1], "rb") : NULL;
  char* env = env_file != NULL ? read_line(env_file) : NULL;
  if (env == NULL) {
    fputs("usage: native ENV.JSON < MESSAGES.JSONL\n", stderr);
    return 2;
  }
  for (char* message; (message = read_line(stdin)) != NULL; free(message)) puts(handle(message, env));
  free(env);
  return fclose(env_file);
}
