/* operators.cc: C++'s operators new and delete on top of hakmem, all 20 forms of C++17.
 *
 * A program in C gets this library too, and must not get the C++ runtime with it.  So all
 * references to that runtime are weak; a program that calls these operators has the runtime. */
#include <cstddef>
#include <dlfcn.h>
#include <new>

#include "hakmem.h"
#include "report.h"

__asm__(".weak __gxx_personality_v0\n.weak __cxa_begin_catch\n.weak __cxa_end_catch\n"
        ".weak _Unwind_Resume\n.weak __cxa_call_terminate\n"
        ".weak _ZSt15get_new_handlerv\n.weak _ZSt17__throw_bad_allocv\n"
        ".weak dlopen\n.weak dlsym");

namespace std {
extern void __throw_bad_alloc() __attribute__((__noreturn__));
}

namespace {

/* A block of `size` bytes; `align` 0 stands for the default. */
inline void *allocate(std::size_t size, std::size_t align)
{
    return align == 0 ? hak_malloc(size) : hak_memalign(align, size);
}

/* A function of the C++ runtime: `linked` if the runtime was there when hakmem was loaded.  A
 * program in C may have loaded it later, with a plugin; weak references do not see it then. */
template <typename Function>
Function *runtime(Function *linked, const char *name)
{
    void *(*volatile open)(const char *, int) = &dlopen;
    if (linked || !open)
        return linked;
    void *library = open("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD);
    return library ? reinterpret_cast<Function *>(dlsym(library, name)) : nullptr;
}

/* Calls the new-handler until there is memory or no handler is left; then throws bad_alloc. */
HAK_COLD void *allocate_or_throw(std::size_t size, std::size_t align)
{
    std::new_handler (*volatile linked_handler)() = &std::get_new_handler;
    void (*volatile linked_throw)() = &std::__throw_bad_alloc;
    std::new_handler (*get_handler)() =
        runtime<std::new_handler()>(linked_handler, "_ZSt15get_new_handlerv");
    void (*throw_bad_alloc)() = runtime<void()>(linked_throw, "_ZSt17__throw_bad_allocv");
    for (;;) {
        std::new_handler handler = get_handler ? get_handler() : nullptr;
        if (!handler && throw_bad_alloc)
            throw_bad_alloc();
        if (!handler)
            hak_fatal("operator new is out of memory and there is no runtime to throw", nullptr);
        handler();
        void *p = allocate(size, align);
        if (p)
            return p;
    }
}

/* As allocate_or_throw, but returns NULL instead of an exception.  Without the C++ runtime there is
 * no personality routine and no exception could be caught here: then the new-handler is not called.
 */
HAK_COLD void *allocate_or_null(std::size_t size, std::size_t align) noexcept
{
    std::new_handler (*volatile linked_handler)() = &std::get_new_handler;
    if (!linked_handler)
        return nullptr;
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
