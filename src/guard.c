/* guard.c: see guard.h. */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>

#include "guard.h"
#include "large.h"
#include "os.h"
#include "report.h"
#include "slab.h"

enum {
    PAD = 0xFA,
    FREED = 0xDF,
    LARGE_PAD = 4096,   /* most bytes that are filled and checked behind a large block */
    LARGE_WAITING = 64, /* most large blocks that wait, */
    LARGE_WAITING_BYTES = 64 << 20, /* and most bytes of their spans, but for the last one */
};

/* Large blocks that wait, the oldest at `first`; guarded by the lock. */
static struct hak_span *waiting[LARGE_WAITING];
static unsigned first_waiting, nwaiting;
static size_t waiting_bytes;
struct hak_lock hak_guard_lock;

/* ---- faults -------------------------------------------------------------------------------- */

static HAK_NORETURN void fault(const char *call, const char *what, const void *p)
{
    char text[96];
    hak_format(text, sizeof text, "invalid %s, %s", call, what);
    hak_fatal(text, p);
}

static HAK_NORETURN void fault_freed(const char *call, const void *p)
{
    char text[64];
    if (strcmp(call, "free") == 0)
        hak_fatal("double free", p);
    hak_format(text, sizeof text, "%s of a freed block", call);
    hak_fatal(text, p);
}

/* ---- which blocks are live ----------------------------------------------------------------- */

/* The word of the bitmap that has the bit for the 16 bytes at p, and that bit. */
static uint64_t *live_word(const void *p, uint64_t *bit)
{
    size_t granule = ((uintptr_t)p - hak_heap.base) / HAK_QUANTUM;
    *bit = (uint64_t)1 << granule % 64;
    return &hak_heap.live[granule / 64];
}

static bool is_live(const void *p)
{
    uint64_t bit;
    return hak_load_relaxed(live_word(p, &bit)) & bit;
}

static void set_live(const void *p)
{
    uint64_t bit, *word = live_word(p, &bit);
    hak_or_relaxed(word, bit);
}

/* Makes the block not live.  False: it was not live, or another thread frees it at this moment. */
static bool clear_live(const void *p)
{
    uint64_t bit, *word = live_word(p, &bit);
    return hak_and_relaxed(word, ~bit) & bit;
}

/* ---- seals --------------------------------------------------------------------------------- */

static uint64_t cookie_of(const void *p)
{
    return hak_mix(hak_heap.secret ^ (uintptr_t)p);
}

/* The seal of a block.  From the low byte up: pad, 16 bits of size, 40 bits of cookie. */
static uint64_t seal_of(const void *p, size_t size)
{
    uint64_t cookie = cookie_of(p);
    return PAD | (((uint64_t)size ^ cookie >> 48) & 0xFFFF) << 8 | cookie << 24;
}

static char *seal_place(const void *p, unsigned cls)
{
    return (char *)(uintptr_t)p + hak_classes[cls].size - HAK_SEAL;
}

static size_t sealed_size(const void *p, unsigned cls)
{
    uint64_t seal, cookie = cookie_of(p);
    memcpy(&seal, seal_place(p, cls), sizeof seal);
    size_t size = (seal >> 8 ^ cookie >> 48) & 0xFFFF;
    if (size > hak_classes[cls].size - HAK_SEAL || seal != seal_of(p, size))
        hak_fatal("overflow past the end of a block", p);
    return size;
}

/* Whether n bytes all have the value. */
static bool all_are(const void *p, size_t n, uint8_t value)
{
    const uint8_t *bytes = p;
    return n == 0 || (bytes[0] == value && memcmp(bytes, bytes + 1, n - 1) == 0);
}

/* Ends the process if somebody wrote to the free block.  A block that was never used is zero. */
static void check_fill(const void *p, unsigned cls)
{
    size_t size = hak_classes[cls].size;
    uint8_t value = *(const uint8_t *)p;
    if ((value != 0 && value != FREED) || !all_are(p, size, value))
        hak_fatal("write after free", p);
}

void hak_guard_open(void *p, unsigned cls, size_t size)
{
    char *place = seal_place(p, cls), *end = (char *)p + size;
    uint64_t seal = seal_of(p, size);
    if (!is_live(p))
        check_fill(p, cls);
    memset(end, PAD, (size_t)(place - end));
    memcpy(place, &seal, sizeof seal);
    set_live(p);
}

static size_t large_pad(const struct hak_span *span)
{
    return hak_min(span->bytes - span->guard.asked, (uint64_t)LARGE_PAD);
}

void hak_guard_open_large(struct hak_span *span, size_t size)
{
    span->guard.asked = size;
    memset((char *)hak_large_block(span) + size, PAD, large_pad(span));
    hak_store_relaxed(&span->guard.state, (uint64_t)HAK_GUARD_LIVE);
}

/* ---- checks -------------------------------------------------------------------------------- */

struct hak_span *hak_guard_find(const void *p, const char *call)
{
    struct hak_span *span = hak_span_find(p);
    if (!span && strcmp(call, "free") == 0)
        hak_fatal("invalid or double free, not a block of this heap", p);
    if (!span)
        fault(call, "not a block of this heap", p);
    if (span->state == HAK_SPAN_LARGE) {
        if (hak_large_block(span) != p)
            fault(call, "not the start of a block", p);
        if (hak_load_relaxed(&span->guard.state) != HAK_GUARD_LIVE)
            fault_freed(call, p);
        return span;
    }
    if (hak_slab_block_of(span, p) != p)
        fault(call, "not the start of a block", p);
    if (!is_live(p))
        fault_freed(call, p);
    return span;
}

size_t hak_guard_size(const struct hak_span *span, const void *p)
{
    return span->state == HAK_SPAN_LARGE ? span->guard.asked : sealed_size(p, span->cls);
}

void hak_guard_check(const struct hak_span *span, const void *p)
{
    size_t size = hak_guard_size(span, p);
    const char *end = (const char *)p + size;
    size_t pad =
        span->state == HAK_SPAN_LARGE ? large_pad(span) : (size_t)(seal_place(p, span->cls) - end);
    if (!all_are(end, pad, PAD))
        hak_fatal("overflow past the end of a block", p);
}

/* ---- freed --------------------------------------------------------------------------------- */

/* Hands the block that has waited longest to the cache. */
static void release_oldest(struct hak_cache *cache)
{
    struct hak_waiting *queue = &cache->waiting;
    void *p = queue->blocks[queue->first];
    unsigned cls = hak_heap.map[hak_page_of(p)];
    queue->n--; /* first: a signal handler that forks here must not find in the queue a block that
                   has left it */
    hak_signal_fence();
    queue->first = (queue->first + 1) % HAK_WAITING_BLOCKS;
    queue->of_class[cls]--;
    queue->bytes -= hak_classes[cls].size;
    check_fill(p, cls);
    hak_cache_give(cache, cls, p);
}

void hak_guard_free(struct hak_cache *cache, struct hak_span *slab, void *p)
{
    unsigned cls = slab->cls;
    size_t size = hak_classes[cls].size;
    if (!clear_live(p))
        hak_fatal("double free", p);
    memset(p, FREED, size);
    if (!cache) {
        hak_cache_bypass_free(cls, p);
        return;
    }
    struct hak_waiting *queue = &cache->waiting;
    while (queue->n > 0 &&
           (queue->n == HAK_WAITING_BLOCKS || queue->bytes + size > HAK_QUARANTINE_BYTES))
        release_oldest(cache);
    if (size > HAK_QUARANTINE_BYTES) {
        hak_cache_give(cache, cls, p);
        return;
    }
    queue->blocks[(queue->first + queue->n) % HAK_WAITING_BLOCKS] = p;
    hak_signal_fence();
    queue->n++;
    queue->of_class[cls]++;
    queue->bytes += size;
}

bool hak_guard_release(struct hak_cache *cache)
{
    bool any = cache->waiting.n > 0;
    while (cache->waiting.n > 0)
        release_oldest(cache);
    return any;
}

static void release_large(struct hak_span *span)
{
    bool closed = span->guard.closed;
    hak_store_relaxed(&span->guard.state, (uint64_t)HAK_GUARD_NONE);
    if (closed)
        hak_large_discard(span);
    else
        hak_large_free(span);
}

/* Takes the oldest out of the queue; NULL: it is empty. */
static struct hak_span *take_waiting(void)
{
    struct hak_span *span = NULL;
    if (nwaiting > 0) {
        span = waiting[first_waiting];
        first_waiting = (first_waiting + 1) % LARGE_WAITING;
        nwaiting--;
        waiting_bytes -= hak_span_bytes(span);
    }
    return span;
}

/* Frees the oldest blocks that wait, until another of `bytes` may wait. */
static void make_room(size_t bytes)
{
    for (;;) {
        hak_lock_acquire(&hak_guard_lock);
        bool full = nwaiting == LARGE_WAITING || waiting_bytes + bytes > LARGE_WAITING_BYTES;
        struct hak_span *oldest = full ? take_waiting() : NULL;
        hak_lock_release(&hak_guard_lock);
        if (!oldest)
            return;
        release_large(oldest);
    }
}

/* Another thread may take the room that make_room has made; then one more block makes way. */
void hak_guard_free_large(struct hak_span *span)
{
    struct hak_span *oldest = NULL;
    if (hak_exchange_acquire(&span->guard.state, (uint64_t)HAK_GUARD_WAITING) != HAK_GUARD_LIVE)
        hak_fatal("double free", hak_large_block(span));
    span->guard.closed = hak_os_renew_closed(hak_span_start(span), hak_span_bytes(span)) == 0;
    make_room(hak_span_bytes(span));
    hak_lock_acquire(&hak_guard_lock);
    if (nwaiting == LARGE_WAITING)
        oldest = take_waiting();
    waiting[(first_waiting + nwaiting++) % LARGE_WAITING] = span;
    waiting_bytes += hak_span_bytes(span);
    hak_lock_release(&hak_guard_lock);
    if (oldest)
        release_large(oldest);
}

bool hak_guard_release_large(void)
{
    bool any = false;
    for (;;) {
        hak_lock_acquire(&hak_guard_lock);
        struct hak_span *span = take_waiting();
        hak_lock_release(&hak_guard_lock);
        if (!span)
            return any;
        release_large(span);
        any = true;
    }
}

void hak_guard_abandon(void)
{
    nwaiting = 0;
    waiting_bytes = 0;
}

/* Whether p lies in a large block that waits, as of a moment ago.  Takes no lock: the thread may
 * hold it. */
static bool is_waiting(const void *p)
{
    for (unsigned i = 0; i < LARGE_WAITING; i++) {
        const struct hak_span *span = waiting[i];
        if (span && hak_load_relaxed(&span->guard.state) == HAK_GUARD_WAITING &&
            (size_t)((const char *)p - hak_span_start(span)) < hak_span_bytes(span))
            return true;
    }
    return false;
}

/* First the default handler is put back: if the address is not in a freed block, the instruction
 * runs again and the process ends as it would have without this handler.  A signal that a process
 * sent is sent again. */
static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)context;
    signal(number, SIG_DFL);
    if (info->si_code <= 0)
        hak_os_raise(number);
    else if (is_waiting(info->si_addr))
        hak_fatal("use after free", info->si_addr);
}

void hak_guard_init(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    struct sigaction before;
    if (sigaction(SIGSEGV, NULL, &before) == 0 && before.sa_handler == SIG_DFL)
        sigaction(SIGSEGV, &action, NULL);
}

void hak_guard_waiting(size_t *blocks, size_t *bytes)
{
    *bytes = 0;
    hak_lock_acquire(&hak_guard_lock);
    *blocks = nwaiting;
    for (unsigned i = 0; i < nwaiting; i++)
        *bytes += hak_span_bytes(waiting[(first_waiting + i) % LARGE_WAITING]);
    hak_lock_release(&hak_guard_lock);
}
