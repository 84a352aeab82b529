/* operators.cc: C++'s operators new and delete on top of hakmem, all 20 forms of C++17.
 *
 * A program in C gets this library too, and must not get the C++ runtime with it.  So everything
 * of that runtime is referred to weakly; a program that calls these operators has it. */
#include <cstddef>
#include <new>

#include "hakmem.h"

#define HAK_EXPORT __attribute__((visibility("default")))
#define HAK_COLD __attribute__((noinline, cold))

__asm__(".weak __gxx_personality_v0\n.weak __cxa_begin_catch\n.weak __cxa_end_catch\n"
        ".weak _Unwind_Resume\n.weak __cxa_call_terminate\n"
        ".weak _ZSt15get_new_handlerv\n.weak _ZSt17__throw_bad_allocv");

namespace std {
extern void __throw_bad_alloc() __attribute__((__noreturn__));
}

namespace {

/* A block of `size` bytes; `align` 0 stands for the default. */
inline void *allocate(std::size_t size, std::size_t align)
{
    return align == 0 ? hak_malloc(size) : hak_memalign(align, size);
}

/* Calls the new-handler until there is memory or no handler is left; then throws bad_alloc. */
HAK_COLD void *allocate_or_throw(std::size_t size, std::size_t align)
{
    for (;;) {
        std::new_handler (*get_handler)() = &std::get_new_handler;
        std::new_handler handler = get_handler ? get_handler() : nullptr;
        if (!handler)
            std::__throw_bad_alloc();
        handler();
        void *p = allocate(size, align);
        if (p)
            return p;
    }
}

HAK_COLD void *allocate_or_null(std::size_t size, std::size_t align) noexcept
{
    try {
        return allocate_or_throw(size, align);
    } catch (...) {
        return nullptr;
    }
}

} // namespace

#define NEW(name)                                                                                  \
    HAK_EXPORT void *operator name(std::size_t size)                                               \
    {                                                                                              \
        void *p = allocate(size, 0);                                                               \
        return __builtin_expect(p != nullptr, 1) ? p : allocate_or_throw(size, 0);                 \
    }                                                                                              \
    HAK_EXPORT void *operator name(std::size_t size, std::align_val_t align)                       \
    {                                                                                              \
        void *p = allocate(size, static_cast<std::size_t>(align));                                 \
        return p ? p : allocate_or_throw(size, static_cast<std::size_t>(align));                   \
    }                                                                                              \
    HAK_EXPORT void *operator name(std::size_t size, const std::nothrow_t &) noexcept              \
    {                                                                                              \
        void *p = allocate(size, 0);                                                               \
        return p ? p : allocate_or_null(size, 0);                                                  \
    }                                                                                              \
    HAK_EXPORT void *operator name(std::size_t size, std::align_val_t align,                       \
                                   const std::nothrow_t &) noexcept                                \
    {                                                                                              \
        void *p = allocate(size, static_cast<std::size_t>(align));                                 \
        return p ? p : allocate_or_null(size, static_cast<std::size_t>(align));                    \
    }

#define DELETE(name)                                                                               \
    HAK_EXPORT void operator name(void *p) noexcept                                                \
    {                                                                                              \
        hak_free(p);                                                                               \
    }                                                                                              \
    HAK_EXPORT void operator name(void *p, std::size_t size) noexcept                              \
    {                                                                                              \
        hak_free_sized(p, size);                                                                   \
    }                                                                                              \
    HAK_EXPORT void operator name(void *p, const std::nothrow_t &) noexcept                        \
    {                                                                                              \
        hak_free(p);                                                                               \
    }                                                                                              \
    HAK_EXPORT void operator name(void *p, std::align_val_t) noexcept                              \
    {                                                                                              \
        hak_free(p);                                                                               \
    }                                                                                              \
    HAK_EXPORT void operator name(void *p, std::size_t size, std::align_val_t) noexcept            \
    {                                                                                              \
        hak_free_sized(p, size);                                                                   \
    }                                                                                              \
    HAK_EXPORT void operator name(void *p, std::align_val_t, const std::nothrow_t &) noexcept      \
    {                                                                                              \
        hak_free(p);                                                                               \
    }

/* The arrays' forms have names of their own: new[] and delete[]. */
NEW(new)
NEW(new[])
DELETE(delete)
DELETE(delete[])
