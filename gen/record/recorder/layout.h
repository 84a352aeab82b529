/* layout.h: a recording and a trace as they are on disk.  gen/record/layout.py makes the types from
 * it by which reader.py and trace.py read them; bench/replayer/calls.c reads traces.
 *
 * Both files are mapped shared and written in place, so that what a process has counted stays when
 * it is killed.  All numbers are 64 bits and of the machine's order unless said otherwise.
 *
 *   recording   | header, one page | tallies | aligned | moments | shard 0 | shard 1 | ...
 *   trace       | header, one page | chunk 0 | chunk 1 | ...
 *
 * A shard is what one thread counts; when it ends, the next new thread goes on with it.  Shard 0
 * is for threads that have none.  Blocks asked for with an alignment are counted once more, by all
 * threads in one table.  Whoever changes a layout raises its version. */
#ifndef RECORDER_LAYOUT_H
#define RECORDER_LAYOUT_H

#include <stdint.h>

#define RECORD_MAGIC "hakrec\r\n"
#define TRACE_MAGIC "haktrc\r\n"

enum {
    RECORD_VERSION = 3,
    TRACE_VERSION = 1,
    RECORD_PAGE = 4096,
    RECORD_GRANULE = 16,
    RECORD_GRANULES = 4096, /* bin i < this: 16 * i + 1 .. 16 * (i + 1) bytes; bin 0 also 0 */
    RECORD_LARGE_LOG = 16,  /* above 2^16 bytes there are eight bins for each doubling, */
    RECORD_DOUBLINGS = 48,  /* up to 2^48 */
    RECORD_BINS = RECORD_GRANULES + 8 * (RECORD_DOUBLINGS - RECORD_LARGE_LOG),
    RECORD_BITMAP = RECORD_BINS / 64,
    RECORD_SHARDS = 64,
    RECORD_MOMENTS = 256,
    RECORD_BURSTS = 16,
    RECORD_ALIGNMENTS = 48,
    RECORD_ALIGN_LOG = 5, /* the least alignment above that of every block: 2^5 */
    RECORD_ALIGN_LEVELS = 12,
    RECORD_ALIGNED = RECORD_ALIGN_LEVELS * RECORD_GRANULES,
    RECORD_PROGRAM = 1024,
    RECORD_NEAR_LOG = 6, /* peaks that differ by less than 1/64 of them count as one */
};

/* Blocks in use of one bin. */
struct record_tally {
    uint64_t blocks, bytes, full;
};

enum { TALLY_INHERITED, TALLY_KEPT_A, TALLY_KEPT_B, RECORD_TALLIES };

/* Blocks of bin i < RECORD_GRANULES with an alignment of 2^(RECORD_ALIGN_LOG + level) bytes, those
 * of cell RECORD_GRANULES * level + i, are counted here beside what the shards count.  Blocks with
 * a larger alignment have no cell. */
struct record_aligned_cell {
    struct record_tally made, freed;            /* by this process */
    struct record_tally in_use[RECORD_TALLIES]; /* as tallies of the file, at the same moments */
};

struct record_aligned {
    uint64_t used[RECORD_ALIGNED / 64]; /* a bit for each cell that is not all zero */
    struct record_aligned_cell cells[RECORD_ALIGNED];
};

struct record_moment {
    uint64_t ns;    /* since the start */
    uint64_t bytes; /* in use */
};

struct record_bin {
    uint64_t allocs, bytes, full;
    uint64_t frees, freed_bytes, freed_full, remote_frees;
    /* The lower halves of allocs at the last free and of frees at the last allocation: what they
     * are less by is the run that is not over. */
    uint32_t allocs_seen, frees_seen;
};
_Static_assert(sizeof(struct record_bin) == 64, "a bin is one cache line");

/* Logarithmic histograms of runs of allocations without a free, and of frees without an allocation:
 * [i] counts runs of 2^(i-1) .. 2^i-1, the last one all above as well; [0] counts the calls that
 * end no run, and means nothing. */
struct record_spread {
    uint64_t burst_allocs[RECORD_BURSTS], burst_frees[RECORD_BURSTS];
};

struct record_shard {
    uint64_t clock;   /* allocations of this shard; the lower half is in the blocks */
    uint64_t look_at; /* value of clock at which to look at the time and at other shards */
    int64_t live;     /* bytes allocated less bytes freed by this shard */
    int64_t high;     /* most of live since the last look at others */
    int64_t upper;    /* beyond it, live may be a new peak of the process */
    int64_t lower;    /* below it, the peak may have to be kept */
    int64_t others;   /* bytes in use that are not in live, when last looked at */
    uint64_t number;
    uint64_t stamp;          /* what the header of its blocks says beside their size */
    uint64_t interval;       /* of looks, in allocations */
    uint64_t traced;         /* 1: its calls go to the trace */
    uint64_t reallocs_grown; /* of a block, to a larger size */
    uint64_t first_clock;    /* a block with a lower birth is from before the fork */
    uint64_t alignments[RECORD_ALIGNMENTS]; /* [i]: calls for 2^i */
    uint64_t used[RECORD_BITMAP];           /* a bit for each bin that is not all zero */
    struct record_bin bins[RECORD_BINS] __attribute__((aligned(RECORD_PAGE)));
    struct record_spread spreads[RECORD_BINS];
} __attribute__((aligned(RECORD_PAGE)));

struct record_header {
    char magic[8]; /* written last */
    uint64_t version;
    uint64_t pid;
    uint64_t started_ns;  /* by CLOCK_MONOTONIC, which all processes share */
    uint64_t shards_used; /* the highest shard that was taken, and one */
    uint64_t threads, threads_most, threads_started;
    uint64_t peak;      /* bytes in use at most, as far as seen; see also high and others */
    uint64_t kept_peak; /* the peak that is in tallies[kept] */
    uint64_t kept;      /* 0: none */
    uint64_t last_ns;   /* since the start */
    uint64_t complete;  /* 1: the process ended by exit or _exit */
    uint64_t moments, moment_ns;
    uint64_t inherited_bytes;
    char program[RECORD_PROGRAM]; /* the command line, words ended by 0, cut if too long */
};
_Static_assert(sizeof(struct record_header) <= RECORD_PAGE, "the header is one page");

struct record_file {
    struct record_header header __attribute__((aligned(RECORD_PAGE)));
    struct record_tally tallies[RECORD_TALLIES][RECORD_BINS] __attribute__((aligned(RECORD_PAGE)));
    struct record_aligned aligned __attribute__((aligned(RECORD_PAGE)));
    struct record_moment moments[RECORD_MOMENTS] __attribute__((aligned(RECORD_PAGE)));
    struct record_shard shards[RECORD_SHARDS];
};

/* ---- trace ----------------------------------------------------------------------------------- */

/* A chunk holds operations of one shard: its header, then words up to the first 0 or its end.
 * A word: bits 0..3 the kind, 4..23 how much later than the one before in this chunk (in operations
 * of the process), 24..63 the payload; some kinds have a second word.
 *   malloc, calloc     size
 *   aligned            size; second word: alignment
 *   realloc            new size; second word: the old block
 *   free               block
 *   adopt              size; second word: a block from before the fork, about to be freed
 *   skip               how much later the next one is, if that does not fit there
 *   thread             number of the thread that makes the calls from here on
 *   time               microseconds since the start
 * A block is shard << 32 | birth; births count up by one with each block that is made. */
enum trace_kind {
    TRACE_MALLOC = 1,
    TRACE_CALLOC,
    TRACE_REALLOC,
    TRACE_ALIGNED,
    TRACE_FREE,
    TRACE_ADOPT,
    TRACE_SKIP,
    TRACE_THREAD,
    TRACE_TIME,
};

enum {
    TRACE_CHUNK = 64 << 10,
    TRACE_DELTA_SHIFT = 4,
    TRACE_PAYLOAD_SHIFT = 24,
    TRACE_DELTAS = 1 << (TRACE_PAYLOAD_SHIFT - TRACE_DELTA_SHIFT),
};

struct trace_chunk {
    uint64_t shard;    /* and one: 0 is a chunk that nothing was written to */
    uint64_t birth;    /* of the first block that is made in this chunk */
    uint64_t sequence; /* the first word counts from here */
    uint64_t thread;
    uint64_t words[TRACE_CHUNK / 8 - 4];
};
_Static_assert(sizeof(struct trace_chunk) == TRACE_CHUNK, "chunks follow each other");

struct trace_header {
    char magic[8];
    uint64_t version;
    uint64_t pid;
    uint64_t chunk_bytes;
    uint64_t chunks;  /* that were begun */
    uint64_t room;    /* most chunks */
    uint64_t stopped; /* 0, or the sequence from which on nothing counts: the room was used up */
};

struct trace_file {
    struct trace_header header __attribute__((aligned(RECORD_PAGE)));
    struct trace_chunk chunks[] __attribute__((aligned(RECORD_PAGE)));
};

#endif
