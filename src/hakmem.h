/* hakmem.h: the public interface of hakmem under names of its own.
 *
 * The libraries also define malloc and its relatives and C++'s operators new and delete; each
 * function here is the same function as its namesake without the prefix, so that blocks may be
 * allocated by the one and freed by the other.  Semantics are those of C17, C23 where it adds a
 * function, POSIX, and the manual of the GNU C library.  Blocks are aligned to 16 bytes at least.
 * All functions may be called from any thread. */
#ifndef HAKMEM_H
#define HAKMEM_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* NULL with errno ENOMEM when memory is out or size exceeds PTRDIFF_MAX; size 0 gives a block. */
void *hak_malloc(size_t size);
void *hak_calloc(size_t count, size_t size);
/* On failure the block stays as it was.  hak_realloc(p, 0) frees p and returns NULL. */
void *hak_realloc(void *p, size_t size);
void *hak_reallocarray(void *p, size_t count, size_t size);
/* Frees a block; NULL is ignored; errno is not changed.  Anything else ends the process. */
void hak_free(void *p);
/* C23: as hak_free; `size` and `align` are those of the allocation. */
void hak_free_sized(void *p, size_t size);
void hak_free_aligned_sized(void *p, size_t align, size_t size);

/* NULL with errno EINVAL if align is no power of two. */
void *hak_aligned_alloc(size_t align, size_t size);
void *hak_memalign(size_t align, size_t size);
/* 0, EINVAL (align no power of two or no multiple of sizeof(void *)) or ENOMEM; errno is not
 * changed, nor is *out on failure. */
int hak_posix_memalign(void **out, size_t align, size_t size);
/* Aligned to the page of the operating system; hak_pvalloc rounds the size up to it as well. */
void *hak_valloc(size_t size);
void *hak_pvalloc(size_t size);

/* Bytes that may be used at p, at least what was asked for; 0 for NULL. */
size_t hak_malloc_usable_size(void *p);

/* Gives back to the operating system all free memory but what other threads' caches hold; bytes
 * given back.  malloc_trim does the same. */
size_t hak_trim(void);
/* Writes what the allocator holds, by layer and size class, to stderr. */
void hak_stats_print(void);
/* Writes the same as a JSON object to out, cut to room - 1 bytes and closed with 0; returns the
 * length of the whole.  `out` may be NULL if room is 0. */
size_t hak_stats_json(char *out, size_t room);
/* Name of the profile that the library was built from. */
const char *hak_profile(void);

#ifdef __cplusplus
}
#endif

#endif
