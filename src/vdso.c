/* vdso.c: see vdso.h.  The image is a shared library: section headers lead to its symbols. */
#include <elf.h>

#include "base.h"
#include "vdso.h"

#if defined(__aarch64__)
#define CLOCK_NAME "__kernel_clock_gettime"
#else
#define CLOCK_NAME "__vdso_clock_gettime"
#endif

static bool is_same(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* The address that the image's own addresses are relative to. */
static uintptr_t load_bias(const Elf64_Ehdr *image)
{
    const Elf64_Phdr *part = (const Elf64_Phdr *)((uintptr_t)image + image->e_phoff);
    for (unsigned i = 0; i < image->e_phnum; i++) {
        if (part[i].p_type == PT_LOAD)
            return (uintptr_t)image + part[i].p_offset - part[i].p_vaddr;
    }
    return (uintptr_t)image;
}

hak_vdso_clock_fn *hak_vdso_clock(uintptr_t address)
{
    const Elf64_Ehdr *image = (const Elf64_Ehdr *)address;
    if (!image || image->e_shoff == 0 || image->e_shentsize != sizeof(Elf64_Shdr))
        return NULL;
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(address + image->e_shoff);
    for (unsigned i = 0; i < image->e_shnum; i++) {
        if (sections[i].sh_type != SHT_DYNSYM || sections[i].sh_link >= image->e_shnum)
            continue;
        const Elf64_Sym *symbols = (const Elf64_Sym *)(address + sections[i].sh_offset);
        const char *names = (const char *)(address + sections[sections[i].sh_link].sh_offset);
        for (size_t j = 0; j < sections[i].sh_size / sizeof *symbols; j++) {
            if (symbols[j].st_shndx != SHN_UNDEF && is_same(names + symbols[j].st_name, CLOCK_NAME))
                return (hak_vdso_clock_fn *)(load_bias(image) + symbols[j].st_value);
        }
    }
    return NULL;
}
