/* layout.c: see layout.h. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "layout.h"
#include "memory.h"
#include "random.h"

enum {
    FIRST_BLOCKS = 40,
    FIRST_LEAST = 16,
    FIRST_MOST = 4 << 10,
    FIRST_BYTES = 16 << 10, /* of all first blocks */
    LINE = 64,              /* bytes of a cache line */
    LINES = 64, /* that a table may begin later: a page, and all sets of a small cache */
};

static bool drawn; /* whether there is a BENCH_LAYOUT */
static struct bench_rng rng;
static void *first_blocks[FIRST_BLOCKS];

static void allocate_first_blocks(void)
{
    unsigned count = bench_below(&rng, FIRST_BLOCKS + 1);
    size_t left = FIRST_BYTES;
    for (unsigned i = 0; i < count; i++) {
        size_t size = bench_size(&rng, FIRST_LEAST, FIRST_MOST);
        if (size > left)
            return;
        first_blocks[i] = bench_malloc(size);
        left -= size;
    }
}

bool bench_layout_setup(void)
{
    const char *text = getenv("BENCH_LAYOUT");
    drawn = text != NULL;
    if (!text)
        return true;
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end || errno)
        return false;
    rng = bench_seed(number);
    allocate_first_blocks();
    return true;
}

/* Ballast is mapped, not allocated: it is the same for every allocator. */
bool bench_ballast_setup(void)
{
    const char *text = getenv("BENCH_BALLAST");
    if (!text)
        return true;
    char *end;
    unsigned long kib = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end || kib > BALLAST_MOST_KIB)
        return false;
    size_t size = kib << 10;
    char *ballast =
        size ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : NULL;
    if (ballast == MAP_FAILED)
        bench_out_of_memory(size);
    for (size_t at = 0; at < size; at += 4096)
        ballast[at] = 1;
    return true;
}

/* A table that begins later keeps its region's address in the word before it. */
void *bench_table(size_t count, size_t size)
{
    if (!drawn)
        return bench_calloc(count, size);
    size_t offset = LINE * (1 + (size_t)bench_below(&rng, LINES));
    void *region = bench_calloc(1, offset + count * size);
    void **table = (void **)((char *)region + offset);
    table[-1] = region;
    return table;
}

void bench_table_free(void *table)
{
    free(drawn && table ? ((void **)table)[-1] : table);
}

void bench_order(unsigned *order, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        order[i] = i;
    for (unsigned i = n; drawn && i > 1; i--) {
        unsigned j = bench_below(&rng, i), other = order[j];
        order[j] = order[i - 1];
        order[i - 1] = other;
    }
}
