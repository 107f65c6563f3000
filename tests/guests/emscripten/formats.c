// printf and scanf: every conversion.
#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
  printf("[%d] [%i] [%5d] [%-5d] [%05d] [%+d] [% d] [%.3d]\n", 42, -42, 42, 42, -42, 42, 42, 7);
  printf("[%u] [%o] [%x] [%X] [%#o] [%#x] [%#X] [%08x]\n", 42U, 42U, 48879U, 48879U, 42U, 48879U, 48879U, 48879U);
  printf("[%hhd] [%hhu] [%hd] [%hu]\n", 300, 300, 70000, 70000);
  printf("[%lld] [%lld] [%llu] [%llx]\n", LLONG_MIN, LLONG_MAX, ULLONG_MAX, ULLONG_MAX);
  printf("[%jd] [%ju] [%zu] [%zd] [%td]\n", INTMAX_MIN, UINTMAX_MAX, (size_t)123, (ptrdiff_t)-123, (ptrdiff_t)-4);
  printf("[%f] [%.0f] [%.10f] [%10.3f] [%-10.3f] [%+.2f] [%#.0f] [%010.2f]\n", 3.14159, 2.5, 0.1, 2.71828, 2.71828,
         1.005, 3.0, -3.14159);
  printf("[%e] [%E] [%.3e] [%g] [%G] [%g] [%g] [%#g]\n", 12345.678, 0.00012, 9.9996, 0.0001, 1e-10, 100000.0, 1e6, 1.5);
  printf("[%a] [%A] [%.2a] [%a]\n", 1.0, 0.1, 3.14159, 0.0);
  printf("[%f] [%F] [%e] [%g] [%5.1f]\n", (double)INFINITY, -(double)INFINITY, (double)INFINITY, -(double)INFINITY,
         fabs((double)NAN));
  printf("[%.17g] [%.17g] [%g] [%g]\n", 0.1, DBL_MAX, DBL_MIN, 4.9406564584124654e-324);
  printf("[%c] [%5c] [%-5c] [%s] [%10s] [%-10s] [%.2s]\n", 'x', 'y', 'z', "text", "right", "left", "cut");
  printf("[%*d] [%-*d] [%.*f] [%*.*f]\n", 6, 42, 6, 42, 2, 3.14159, 8, 3, 3.14159);
  printf("[%2$s %1$s] [%%]\n", "world", "hello");
  printf("[%p] [%s]\n", (void*)0x1234, strerror(ENOENT));
  int written = 0;
  printf("[%s%n]", "count", &written);
  printf(" %d\n", written);
  char text[16];
  printf("%d [%s]\n", snprintf(text, sizeof text, "%s %d", "a long text that is cut", 42), text);

  int i = 0;
  unsigned x = 0;
  long long l = 0;
  double d = 0;
  char word[16] = "", set[16] = "";
  const int got =
      sscanf("  -17 ff 9000000000 2.5e3 word abc123", "%d %x %lld %lf %15s %15[a-c]", &i, &x, &l, &d, word, set);
  printf("%d: %d %u %lld %g %s %s\n", got, i, x, l, d, word, set);
  printf("%ld %lu %g %g\n", strtol("0x1fg", NULL, 0), strtoul("777", NULL, 8), strtod("1e-7x", NULL), atof("inf"));
  errno = 0;
  printf("%d", strtoll("99999999999999999999", NULL, 10) == LLONG_MAX);
  printf(" %d\n", errno == ERANGE);
  return 0;
}
