/* fuzz.c: sequences of calls of the whole interface, made from bytes, against a simple model.
 *
 * The model knows of each block its address, size and pattern, and holds: blocks are aligned, do
 * not overlap, keep their contents, are as large as asked for; calloc's are zero; failures set
 * errno as they should and leave everything as it was.  A fault ends the process.
 *
 * The first byte says how many threads run, each with its share of the other bytes.  Threads hand
 * blocks to one another through a mailbox, so that they free what others allocated.
 *
 * At exit, "operations: N" on standard error. */
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hakmem.h"

enum {
    SLOTS = 64,   /* blocks that a thread holds at a time */
    THREADS = 4,  /* at most */
    MAILBOX = 8,  /* blocks on their way */
    WHOLE = 4096, /* bytes; of larger blocks only the edges and some places between are written */
    EDGE = 64,
    PLACES = 32,
};
#define LARGEST ((size_t)48 << 20)

struct block {
    unsigned char *p;
    size_t size, align;
    unsigned char tag;
};

struct bytes {
    const uint8_t *next, *end;
};

struct thread {
    struct bytes bytes;
    struct block slots[SLOTS];
    uint64_t operations;
    unsigned char tag;
};

static _Atomic(struct block *) mailbox[MAILBOX];
static struct block letters[THREADS][MAILBOX]; /* what mailbox points to: a thread's own ones */
static _Atomic uint64_t operations;
static size_t page_size; /* of the operating system */

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "fuzz.c:%d: %s\n", __LINE__, #condition);                              \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* ---- bytes to numbers ------------------------------------------------------------------------ */

static unsigned take(struct bytes *bytes)
{
    return bytes->next < bytes->end ? *bytes->next++ : 0;
}

static size_t take_word(struct bytes *bytes)
{
    size_t low = take(bytes);
    return low | take(bytes) << 8;
}

/* Sizes of all kinds: tiny, around powers of two and their eighths, around heap pages, large. */
static size_t take_size(struct bytes *bytes)
{
    unsigned kind = take(bytes);
    size_t n = take_word(bytes);
    switch (kind % 16) {
    case 8:
    case 9:
        return n;
    case 10:
    case 11:
    case 12: { /* an edge of a size class, and its neighbours */
        size_t base = (size_t)16 << n % 13;
        return base + base / 8 * (kind / 16) + n / 13 % 5 - 2;
    }
    case 13:
        return (n % 40 << 16) + n / 40 % 67;
    case 14:
        return n * (kind / 16 + 1);
    case 15:
        return n * (kind + 1) % LARGEST >> n % 7;
    default:
        return n % 1100;
    }
}

static size_t take_align(struct bytes *bytes)
{
    return (size_t)1 << take(bytes) % 18;
}

/* ---- contents -------------------------------------------------------------------------------- */

static unsigned char pattern(const struct block *block, size_t i)
{
    return (unsigned char)(block->tag + i * 7 + (i >> 8));
}

/* The place behind i that holds a byte of the pattern. */
static size_t next_place(size_t i, size_t size)
{
    if (size <= WHOLE || i < EDGE || i >= size - EDGE)
        return i + 1;
    size_t next = i + size / PLACES;
    return next < size - EDGE ? next : size - EDGE;
}

static void fill(const struct block *block)
{
    for (size_t i = 0; i < block->size; i = next_place(i, block->size))
        block->p[i] = pattern(block, i);
}

static void check_contents(const struct block *block, size_t size)
{
    for (size_t i = 0; i < block->size && i < size; i = next_place(i, block->size))
        CHECK(block->p[i] == pattern(block, i));
}

/* ---- the model ------------------------------------------------------------------------------- */

static void check_new(const struct thread *thread, const struct block *block)
{
    uintptr_t start = (uintptr_t)block->p, end = start + block->size;
    CHECK(start % block->align == 0 && start % 16 == 0);
    CHECK(hak_malloc_usable_size(block->p) >= block->size);
    for (unsigned i = 0; i < SLOTS; i++) {
        const struct block *other = &thread->slots[i];
        uintptr_t from = (uintptr_t)other->p;
        CHECK(!other->p || other == block || end <= from || from + other->size <= start);
        CHECK(other == block || other->p != block->p || !other->p);
    }
}

/* Block p of the size is in the slot now. */
static void put(struct thread *thread, struct block *slot, void *p, size_t size, size_t align)
{
    *slot = (struct block){p, size, align, thread->tag++};
    check_new(thread, slot);
    fill(slot);
}

static void release(struct block *slot, unsigned how)
{
    if (slot->p)
        check_contents(slot, slot->size);
    errno = 4711;
    if (how % 4 == 1 && slot->align <= 16)
        hak_free_sized(slot->p, slot->size);
    else if (how % 4 == 2 && slot->align > 16)
        hak_free_aligned_sized(slot->p, slot->align, slot->size);
    else
        hak_free(slot->p);
    CHECK(errno == 4711);
    slot->p = NULL;
    slot->size = 0;
}

static void allocate(struct thread *thread, struct block *slot, unsigned how)
{
    size_t size = take_size(&thread->bytes), align = 16;
    void *p = NULL;
    release(slot, how);
    switch (how % 8) {
    case 0:
        align = take_align(&thread->bytes);
        p = hak_aligned_alloc(align, size);
        break;
    case 1:
        align = take_align(&thread->bytes) * sizeof(void *);
        CHECK(hak_posix_memalign(&p, align, size) == 0);
        break;
    case 2:
        align = take_align(&thread->bytes);
        p = hak_memalign(align, size);
        break;
    case 3:
        align = page_size;
        p = how & 8 ? hak_valloc(size) : hak_pvalloc(size);
        if (!(how & 8))
            size = (size + !size + page_size - 1) / page_size * page_size;
        break;
    default:
        p = hak_malloc(size);
    }
    CHECK(p != NULL);
    put(thread, slot, p, size, align);
}

static void allocate_zero(struct thread *thread, struct block *slot, unsigned how)
{
    size_t size = take_size(&thread->bytes) % (1 << 18), count = how % 5 + 1;
    release(slot, how);
    unsigned char *p = hak_calloc(count, size / count);
    CHECK(p != NULL);
    size = size / count * count;
    CHECK(size == 0 || (p[0] == 0 && memcmp(p, p + 1, size - 1) == 0));
    put(thread, slot, p, size, 16);
}

static void resize(struct thread *thread, struct block *slot, unsigned how)
{
    size_t size = take_size(&thread->bytes);
    struct block before = *slot;
    if (size == 0 && before.p) {
        CHECK(hak_realloc(before.p, 0) == NULL);
        *slot = (struct block){.p = NULL};
        return;
    }
    void *p = how % 2 ? hak_realloc(before.p, size) : hak_reallocarray(before.p, 1, size);
    CHECK(p != NULL);
    before.p = p;
    check_contents(&before, size);
    put(thread, slot, p, size, 16);
}

/* Requests that no machine can meet, and those that make no sense. */
static void fail(struct thread *thread, struct block *slot, unsigned how)
{
    size_t huge = SIZE_MAX - take_word(&thread->bytes) * (how + 1);
    void *p = slot;
    errno = 0;
    switch (how % 7) {
    case 0:
        CHECK(hak_malloc(huge) == NULL && errno == ENOMEM);
        break;
    case 1:
        CHECK(hak_calloc(huge / 2, 3) == NULL && errno == ENOMEM);
        break;
    case 2:
        CHECK(hak_realloc(slot->p, huge) == NULL && errno == ENOMEM);
        break;
    case 3:
        CHECK(hak_reallocarray(slot->p, huge / 2, 4) == NULL && errno == ENOMEM);
        break;
    case 4:
        CHECK(hak_posix_memalign(&p, 24, 10) == EINVAL && p == slot && errno == 0);
        break;
    case 5:
        CHECK(hak_posix_memalign(&p, 64, huge) == ENOMEM && p == slot && errno == 0);
        break;
    default:
        CHECK(hak_aligned_alloc(48, 10) == NULL && errno == EINVAL);
    }
    if (slot->p)
        check_contents(slot, slot->size);
}

/* Leaves the slot's block in the mailbox and takes what was there. */
static void exchange(struct thread *thread, unsigned index, struct block *slot, unsigned how)
{
    unsigned place = how % MAILBOX;
    struct block *letter = NULL, *taken;
    for (unsigned i = 0; i < MAILBOX && slot->p && !letter; i++) {
        if (!__atomic_load_n(&letters[index][i].p, __ATOMIC_ACQUIRE))
            letter = &letters[index][i];
    }
    if (letter) {
        *letter = *slot;
        *slot = (struct block){.p = NULL};
        taken = atomic_exchange(&mailbox[place], letter);
    } else {
        taken = atomic_exchange(&mailbox[place], NULL);
    }
    if (!taken)
        return;
    struct block got = *taken;
    /* The letter is free again for its owner once its address is gone. */
    __atomic_store_n(&taken->p, NULL, __ATOMIC_RELEASE);
    check_contents(&got, got.size);
    release(slot, 0);
    *slot = got;
    (void)thread;
}

/* What takes long is done in few of many cases. */
static void look(struct thread *thread, struct block *slot, unsigned how)
{
    static _Thread_local char json[1 << 16];
    CHECK(hak_malloc_usable_size(slot->p) >= slot->size);
    if (how > 3 || take(&thread->bytes) % 8 != 0)
        return;
    if (how == 1)
        hak_trim();
    if (how == 2)
        CHECK(hak_stats_json(json, sizeof json) > 0 && json[0] == '{');
    if (how == 3)
        CHECK(mallinfo2().arena > 0);
}

static void step(struct thread *thread, unsigned index)
{
    unsigned op = take(&thread->bytes), how = op / 8;
    struct block *slot = &thread->slots[take(&thread->bytes) % SLOTS];
    switch (op % 8) {
    case 0:
    case 1:
        allocate(thread, slot, how);
        break;
    case 2:
        allocate_zero(thread, slot, how);
        break;
    case 3:
        resize(thread, slot, how);
        break;
    case 4:
        release(slot, how);
        break;
    case 5:
        exchange(thread, index, slot, how);
        break;
    case 6:
        fail(thread, slot, how);
        break;
    default:
        look(thread, slot, how);
    }
    thread->operations++;
}

static struct thread threads[THREADS];

static void *run(void *argument)
{
    struct thread *thread = argument;
    unsigned index = (unsigned)(thread - threads);
    while (thread->bytes.next < thread->bytes.end)
        step(thread, index);
    for (unsigned i = 0; i < SLOTS; i++)
        release(&thread->slots[i], i);
    return NULL;
}

static void print_operations(void)
{
    fprintf(stderr, "operations: %" PRIu64 "\n", atomic_load(&operations));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    page_size = (size_t)sysconf(_SC_PAGESIZE);
    return atexit(print_operations);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pthread_t ids[THREADS];
    unsigned n = size ? data[0] % 8 < 5 ? 1 : data[0] % 8 - 3 : 0; /* mostly one */
    size_t share = n ? (size - 1) / n : 0;
    for (unsigned i = 0; i < n; i++) {
        const uint8_t *start = data + 1 + i * share;
        threads[i] =
            (struct thread){.bytes = {start, start + share}, .tag = (unsigned char)(i * 50)};
    }
    for (unsigned i = 1; i < n; i++)
        CHECK(pthread_create(&ids[i], NULL, run, &threads[i]) == 0);
    if (n > 0)
        run(&threads[0]);
    for (unsigned i = 1; i < n; i++)
        pthread_join(ids[i], NULL);
    for (unsigned i = 0; i < MAILBOX; i++) {
        struct block *letter = atomic_exchange(&mailbox[i], NULL);
        if (letter)
            release(letter, i);
    }
    for (unsigned i = 0; i < n; i++)
        atomic_fetch_add(&operations, threads[i].operations);
    return 0;
}
