/* calls.h: the interface under test: hakmem.h, and what names.txt gives names like those. */
#ifndef HAK_TESTS_FUZZ_CALLS_H
#define HAK_TESTS_FUZZ_CALLS_H

#include <malloc.h>

#include <new>

#include "src/hakmem.h"

extern "C" {
struct mallinfo2 hak_mallinfo2(void);
int hak_malloc_trim(size_t pad);
void *hak_new(size_t size);
void *hak_new_nothrow(size_t size, const std::nothrow_t &);
void *hak_new_aligned(size_t size, size_t align);
void *hak_new_aligned_nothrow(size_t size, size_t align, const std::nothrow_t &);
void *hak_new_array(size_t size);
void *hak_new_array_nothrow(size_t size, const std::nothrow_t &);
void hak_delete(void *p);
void hak_delete_sized(void *p, size_t size);
void hak_delete_aligned(void *p, size_t align);
void hak_delete_aligned_sized(void *p, size_t size, size_t align);
void hak_delete_array(void *p);
void hak_delete_array_sized(void *p, size_t size);
}

#endif
