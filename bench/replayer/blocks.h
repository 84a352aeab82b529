/* blocks.h: the blocks that live at one point of a trace, by their numbers: a hash table with
 * linear probing, at most three quarters full. */
#ifndef BENCH_REPLAYER_BLOCKS_H
#define BENCH_REPLAYER_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct live {
    uint64_t number; /* and one; 0: none */
    uint64_t size;
    uint64_t at; /* what it is to the user of the table */
};

/* Zeroed: empty. */
struct blocks {
    struct live *table;
    unsigned shift; /* the table has 2^(64 - shift) places */
    size_t n;
};

/* False: it is there already. */
bool blocks_add(struct blocks *blocks, uint64_t number, uint64_t size, uint64_t at);
/* False: it is not there; else what it was. */
bool blocks_take(struct blocks *blocks, uint64_t number, struct live *was);

#endif
