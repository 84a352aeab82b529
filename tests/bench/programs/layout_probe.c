/* layout_probe: allocates as a benchmark program does, a block and eight tables in the order that
 * is drawn for them, and prints where they lie.  A line each: "NAME BYTES", from a block that was
 * allocated before all. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/harness/args.h"
#include "bench/harness/layout.h"

enum { TABLES = 8, ELEMENTS = 100 };

int main(int argc, char **argv)
{
    char *before = malloc(16), *tables[TABLES];
    unsigned order[TABLES];
    bench_args("layout_probe", argc, argv, NULL, 0, NULL);
    char *block = malloc(64);
    bench_order(order, TABLES);
    for (unsigned i = 0; i < TABLES; i++)
        tables[order[i]] = bench_table(ELEMENTS, 8);
    for (unsigned i = 0; i < TABLES; i++)
        printf("table%u %td\n", i, tables[i] - before);
    printf("block %td\n", block - before);
    for (unsigned i = 0; i < TABLES; i++) {
        for (unsigned j = 0; j < ELEMENTS * 8; j++) {
            if (tables[i][j])
                return 1;
            tables[i][j] = (char)(i + 1);
        }
    }
    for (unsigned i = 0; i < TABLES; i++)
        bench_table_free(tables[i]);
    return 0;
}
