// Files and folders through stdio: what they hold, where reading stands, and what errors say.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char* failed(int code) { return code == 0 ? "ok" : strerror(errno); }

static int order(const void* a, const void* b) { return strcmp(a, b); }

static void list(const char* path) {
  DIR* folder = opendir(path);
  if (folder == NULL) {
    printf("%s: %s\n", path, strerror(errno));
    return;
  }
  char names[16][32];
  size_t count = 0;
  const struct dirent* entry;
  while ((entry = readdir(folder)) != NULL && count < 16) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    snprintf(names[count++], sizeof *names, "%s%s", entry->d_name, entry->d_type == DT_DIR ? "/" : "");
  }
  closedir(folder);
  qsort(names, count, sizeof *names, order);
  printf("%s:", path);
  for (size_t i = 0; i < count; ++i) printf(" %s", names[i]);
  printf("\n");
}

int main(void) {
  printf("mkdir: %s\n", failed(mkdir("/data", 0777)));
  printf("mkdir again: %s\n", failed(mkdir("/data", 0777)));

  FILE* file = fopen("/data/a.txt", "w");
  if (file == NULL) return printf("fopen: %s\n", strerror(errno)), 1;
  fprintf(file, "line %d\nline %d\n", 1, 2);
  fwrite("0123456789", 1, 10, file);
  fseek(file, 5, SEEK_SET);
  fputs("ONE", file);
  printf("at %ld\n", ftell(file));
  fclose(file);

  file = fopen("/data/a.txt", "r");
  char line[64];
  while (fgets(line, sizeof line, file) != NULL) printf("read [%.*s]\n", (int)strcspn(line, "\n"), line);
  printf("end of file: %d\n", feof(file) != 0);
  fseek(file, -4, SEEK_END);
  const size_t got = fread(line, 1, sizeof line, file);
  printf("last %zu: %.*s\n", got, (int)got, line);
  rewind(file);
  printf("first: %c\n", fgetc(file));
  fseek(file, 0, SEEK_END);
  printf("size: %ld\n", ftell(file));
  fclose(file);

  file = fopen("/data/a.txt", "a");
  fputs("appended", file);
  fclose(file);
  file = fopen("/data/a.txt", "r+");
  fseek(file, 24, SEEK_SET);
  printf("behind: %.*s\n", (int)fread(line, 1, 10, file), line);
  fclose(file);

  printf("missing: %s\n", fopen("/data/none", "r") == NULL ? strerror(errno) : "opened");
  printf("rename: %s\n", failed(rename("/data/a.txt", "/data/b.txt")));
  printf("access old: %s\n", failed(access("/data/a.txt", F_OK)));
  struct stat about;
  if (stat("/data/b.txt", &about) == 0)
    printf("stat: %lld bytes, file %d\n", (long long)about.st_size, S_ISREG(about.st_mode));
  if (stat("/data", &about) == 0) printf("stat: folder %d\n", S_ISDIR(about.st_mode));
  printf("mkdir below: %s\n", failed(mkdir("/data/sub", 0777)));
  fclose(fopen("/data/sub/c.txt", "w"));
  list("/data");
  list("/data/sub");
  list("/none");

  printf("rmdir full: %s\n", failed(rmdir("/data/sub")));
  printf("unlink folder: %d\n", unlink("/data/sub") != 0);
  printf("remove: %s\n", failed(remove("/data/sub/c.txt")));
  printf("rmdir: %s\n", failed(rmdir("/data/sub")));
  printf("unlink: %s\n", failed(unlink("/data/b.txt")));
  printf("unlink again: %s\n", failed(unlink("/data/b.txt")));
  list("/data");

  const int fd = open("/data/raw", O_RDWR | O_CREAT | O_EXCL, 0666);
  printf("write: %d\n", (int)write(fd, "abcdef", 6));
  printf("truncate: %s\n", failed(ftruncate(fd, 3)));
  printf("seek: %d\n", (int)lseek(fd, 1, SEEK_SET));
  memset(line, 0, sizeof line);
  printf("read: %d", (int)read(fd, line, sizeof line));
  printf(" %s\n", line);
  printf("close: %s\n", failed(close(fd)));
  printf("close again: %s\n", failed(close(fd)));
  printf("exclusive: %s\n", open("/data/raw", O_RDWR | O_CREAT | O_EXCL, 0666) < 0 ? strerror(errno) : "opened");
  printf("chdir: %s\n", failed(chdir("/data")));
  printf("cwd: %s\n", getcwd(line, sizeof line));
  printf("relative: %s\n", failed(access("raw", F_OK)));
  return 0;
}
