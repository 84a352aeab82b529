/* space.c: see space.h. */
#include <errno.h>

#include "atomic.h"
#include "os.h"
#include "space.h"

/* Kernels place programs, libraries and stacks at the upper and the lower end of their half of the
 * address space, moved by up to some 2^40 bytes at random.  Runtimes that choose addresses at
 * random choose from below 2^46.  Where addresses have 47 bits or more, the band lies between all
 * of them. */
#define BAND_START ((uintptr_t)0x400000000000)
#define BAND_SIZE ((uintptr_t)0x100000000000)
#define HUGE_PAGE ((size_t)2 << 20)
#define AWAY_FROM_KERNEL ((size_t)64 << 30)
#define LEAST_SIZE ((size_t)(HAK_LOOKUP_REGION ? 4096 : 16) << 20)

enum {
/* ThreadSanitizer keeps shadow memory in the band, and leaves a program 2^40 bytes and a half. */
#if defined(__SANITIZE_THREAD__)
    BAND_TRIES = 0,
    MOST_SIZE_SHIFT = 39,
#else
    BAND_TRIES = 4,
    MOST_SIZE_SHIFT = 47,
#endif
};

/* Places a part of `size` bytes behind *next. */
static char *place(uintptr_t *next, size_t size)
{
    char *part = (char *)*next;
    if (size > 0)
        *next = hak_round_up(*next + size + HAK_PAGE_SIZE, HUGE_PAGE);
    return part;
}

/* Lays out all parts from `start` on; returns their bytes. */
static size_t lay_out(uintptr_t start, size_t size, struct hak_space *out)
{
    size_t npages = size >> HAK_PAGE_SHIFT;
    uintptr_t next = start;
    out->spans = place(&next, npages * HAK_SPAN_BYTES);
    out->bits = place(&next, npages * HAK_BITS_PER_PAGE);
    out->map = place(&next, HAK_LOOKUP_MAP ? npages : 0);
    out->live = place(&next, HAK_GUARD ? npages * HAK_LIVE_PER_PAGE : 0);
    out->caches = place(&next, HAK_CACHES_BYTES);
    out->heap = next;
    out->size = size;
    return next + size - start;
}

static bool try_at(uintptr_t start, size_t size, struct hak_space *out)
{
    lay_out(hak_round_down(start, HUGE_PAGE), size, out);
    return hak_os_claim(out->spans, HAK_PAGE_SIZE) == 0;
}

/* As try_at, but only where the last page can be mapped too: the address space may end before. */
static bool try_whole_at(uintptr_t start, size_t size, struct hak_space *out)
{
    if (!try_at(start, size, out))
        return false;
    char *last = (char *)(out->heap + size - HAK_PAGE_SIZE);
    bool reaches = hak_os_claim(last, HAK_PAGE_SIZE) == 0;
    hak_os_release(reaches ? last : out->spans, HAK_PAGE_SIZE);
    return reaches;
}

/* Tries random places in the band. */
static bool try_band(size_t size, struct hak_space *out)
{
    size_t whole = lay_out(0, size, out);
    for (int i = 0; i < BAND_TRIES && whole < BAND_SIZE; i++) {
        if (try_at(BAND_START + hak_os_random() % (BAND_SIZE - whole), size, out))
            return true;
    }
    return false;
}

/* For address spaces that are smaller, or laid out otherwise (emulators, valgrind): tries places
 * below the one where the kernel would put the next mapping, and above it. */
static bool try_beside_kernel(size_t size, struct hak_space *out)
{
    char *next = hak_os_map(HAK_PAGE_SIZE);
    size_t whole = lay_out(0, size, out);
    if (!next)
        return false;
    hak_os_release(next, HAK_PAGE_SIZE);
    for (; size >= LEAST_SIZE; size /= 2, whole = lay_out(0, size, out)) {
        if ((uintptr_t)next > whole + AWAY_FROM_KERNEL &&
            try_at((uintptr_t)next - whole, size, out))
            return true;
        if (try_whole_at((uintptr_t)next + AWAY_FROM_KERNEL, size, out))
            return true;
    }
    return false;
}

bool hak_space_find(size_t size, struct hak_space *out)
{
    size = hak_min(size, (size_t)1 << MOST_SIZE_SHIFT);
    return try_band(size, out) || try_beside_kernel(size, out);
}

/* The extension under way; a child that fork makes meanwhile reads it. */
static struct {
    char *from;
    size_t bytes; /* 0: none */
} extending;

bool hak_space_extend(char *part, size_t *have, size_t need)
{
    size_t to = hak_round_up(need, HAK_PAGE_SIZE);
    if (to <= *have)
        return true;
    extending.from = part + *have;
    hak_store_release(&extending.bytes, to - *have);
    int error = hak_os_claim(part + *have, to - *have);
    if (error == 0)
        hak_store_relaxed(have, to);
    hak_store_release(&extending.bytes, (size_t)0);
    return error == 0;
}

void hak_space_mend(char *part, size_t *have)
{
    size_t bytes = extending.bytes;
    if (bytes == 0 || extending.from != part + *have)
        return;
    int error = hak_os_claim(part + *have, bytes);
    if (error == 0 || (error == EEXIST && hak_os_renew(part + *have, bytes) == 0))
        hak_store_relaxed(have, *have + bytes);
    extending.bytes = 0;
}
